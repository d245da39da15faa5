"""Las rutas de pacientes y de sus antecedentes médicos."""

from common.auth_middleware import current_user, require
from common.database import reading, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import Answer, answers, conditional, json_body, query_string
from common.web.schemas import In, Pagination, Payload
from common.web.versions import Expected
from historia_clinica_service import models, operations
from historia_clinica_service.schemas import (
    HISTORY_VERSION,
    PATIENT_VERSION,
    DocumentQuery,
    HistoryIn,
    HistoryOut,
    PatientIn,
    PatientOut,
    PatientPatch,
    PatientQuery,
    RecentAppointmentOut,
)

bp = Resource("patients", __name__, Tag("Pacientes", "Pacientes y sus antecedentes."))


@bp.get("/patients")
@require(Permission.PATIENTS_READ)
@query_string(PatientQuery)
@answers(patients=list[PatientOut], pagination=Pagination)
def list_patients(query: PatientQuery) -> Payload:
    """Lista los pacientes, los más nuevos primero

    `search` son palabras del nombre, en cualquier orden y sin tildes, o el principio del documento.
    """
    with reading() as db:
        return models.patients_page(db, query)


@bp.get("/patients/search")
@require(Permission.PATIENTS_READ)
@query_string(DocumentQuery)
@answers(patient=PatientOut | None)
def find_patient(query: DocumentQuery) -> Payload:
    """Busca al paciente que tiene ese documento; null si no hay"""
    with reading() as db:
        return {"patient": operations.find_patient(db, query)}


@bp.get("/patients/<int:patient_id>")
@require(Permission.PATIENTS_READ)
@answers(
    patient=PatientOut,
    medical_history=HistoryOut | None,
    recent_appointments=list[RecentAppointmentOut],
    versioned=PATIENT_VERSION,
)
def get_patient(patient_id: int) -> Payload:
    """Muestra un paciente con sus antecedentes y sus últimas citas

    Los antecedentes son null si no tiene o si quien llama no puede verlos.
    """
    user = current_user()
    if user.can(Permission.CLINICAL_READ):
        with transaction() as db:
            return operations.clinical_file(db, patient_id, user=user)
    with reading() as db:
        return operations.patient_file(db, patient_id, user=user)


@bp.post("/patients")
@require(Permission.PATIENTS_WRITE)
@json_body(PatientIn)
@answers(
    status=201,
    location="/api/historia-clinica/patients/{patient[patient_id]}",
    versioned=PATIENT_VERSION,
    patient=PatientOut,
)
def create_patient(body: PatientIn) -> Payload:
    """Registra un paciente

    Si el documento ya es de otro, 409 `paciente_duplicado` con su `patient_id`.
    """
    with transaction() as db:
        return {"patient": operations.create_patient(db, body, user=current_user())}


@bp.put("/patients/<int:patient_id>")
@require(Permission.PATIENTS_WRITE)
@conditional
@json_body(PatientPatch)
@answers(patient=PatientOut, versioned=PATIENT_VERSION)
def change_patient(patient_id: int, body: In, expected: Expected) -> Payload:
    """Cambia los datos de un paciente"""
    with transaction() as db:
        patient = operations.change_patient(
            db, patient_id, body.changes(), user=current_user(), expected=expected
        )
        return {"patient": patient}


@bp.get("/patients/<int:patient_id>/medical-history")
@require(Permission.CLINICAL_READ)
@answers(medical_history=HistoryOut | None, versioned=HISTORY_VERSION)
def get_history(patient_id: int) -> Payload:
    """Muestra los antecedentes médicos de un paciente; null si no tiene"""
    with transaction() as db:
        return {"medical_history": operations.read_history(db, patient_id, user=current_user())}


@bp.post("/patients/<int:patient_id>/medical-history")
@require(Permission.CLINICAL_WRITE)
@conditional
@json_body(HistoryIn)
@answers(
    status=201,
    location="/api/historia-clinica/patients/{medical_history[patient_id]}/medical-history",
    also=(200,),
    versioned=HISTORY_VERSION,
    medical_history=HistoryOut,
)
def write_history(patient_id: int, body: HistoryIn, expected: Expected) -> Answer:
    """Escribe los antecedentes de un paciente (201) o los cambia (200)

    Las claves que no llegan se quedan como están; `null` las vacía.
    """
    with transaction() as db:
        history, is_new = operations.write_history(
            db, patient_id, body.changes(), user=current_user(), expected=expected
        )
    return Answer({"medical_history": history}, status=201 if is_new else 200)
