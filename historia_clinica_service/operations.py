"""Lo que pasa con los pacientes y sus antecedentes.

Cada lectura y cada cambio de lo clínico deja una entrada en la auditoría, siempre al final: con nombres
de campos, nunca con su texto.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.database import Database
from common.errors import Conflict, from_database, invalid
from common.permissions import Permission
from common.rules import audit
from common.validators import document
from common.web.schemas import Payload
from common.web.versions import Expected
from historia_clinica_service import models
from historia_clinica_service.models import MedicalHistory, Patient
from historia_clinica_service.rows import HistoryRow, PatientRow
from historia_clinica_service.schemas import HISTORY_VERSION, PATIENT_VERSION, DocumentQuery, PatientIn

DOCUMENT_KEYS = {"doc_type", "doc_number"}


def create_patient(db: Session, body: PatientIn, *, user: CurrentUser) -> PatientRow:
    """Registra un paciente.

    :raises Conflict: si el documento ya es de otro.
    """
    statement = insert(Patient).values(**body.model_dump(), created_by=user.user_id)
    with _naming_the_duplicate(db, body.doc_number):
        patient_id = db.scalars(statement.returning(Patient.patient_id)).one()
    patient = models.patient(db, patient_id)
    _record_change(db, user, "CREATE", "patients", patient_id, patient_id, body.changes())
    return patient


def change_patient(
    db: Session, patient_id: int, changes: dict[str, Any], *, user: CurrentUser, expected: Expected
) -> PatientRow:
    """Cambia los datos de un paciente.

    :raises NotFound: si no existe.
    :raises PreconditionFailed: si cambió desde que el cliente lo leyó.
    :raises Invalid: si el documento no corresponde a su tipo.
    :raises Conflict: si el documento ya es de otro.
    """
    former = models.locked_patient(db, patient_id)
    expected.check(PATIENT_VERSION, lambda: former)
    changed = different(former, {**changes, **_document_change(former, changes)})
    if changed:
        with _naming_the_duplicate(db, changed.get("doc_number", former["doc_number"])):
            # Qué columnas cambian depende de la petición.
            db.execute(update(Patient).where(Patient.patient_id == patient_id).values(changed))
    patient = models.patient(db, patient_id)
    _record_change(db, user, "UPDATE", "patients", patient_id, patient_id, changed)
    return patient


def different(former: Mapping[str, object], changes: dict[str, Any]) -> dict[str, Any]:
    """De lo que llegó, lo que no es igual a lo que había."""
    return {key: value for key, value in changes.items() if value != former[key]}


def _document_change(former: PatientRow, changes: dict[str, Any]) -> dict[str, Any]:
    """El número normalizado, si llega el tipo o el número: se juzga la pareja que queda."""
    if not changes.keys() & DOCUMENT_KEYS:
        return {}
    kind = changes.get("doc_type", former["doc_type"])
    number = changes.get("doc_number", former["doc_number"])
    try:
        return {"doc_number": document(kind, number)}
    except ValueError as error:
        raise invalid("doc_number", str(error)) from error


@contextmanager
def _naming_the_duplicate(db: Session, doc_number: str) -> Iterator[None]:
    """Si el documento ya existe, dice de qué paciente es; lo decide la base, también entre simultáneos."""
    try:
        with db.begin_nested():
            yield
    except IntegrityError as error:
        conflict = from_database(error)
        if not isinstance(conflict, Conflict):
            raise
        conflict.data = {"patient_id": models.patient_id_of(db, doc_number)}
        raise conflict from error


def find_patient(db: Database, query: DocumentQuery) -> PatientRow | None:
    """El paciente con ese documento, o None.

    :raises Invalid: si no llega exactamente uno de los dos parámetros.
    """
    given = [text for text in (query.cedula, query.doc_number) if text is not None]
    if len(given) != 1:
        raise invalid("doc_number", "envíe cedula o doc_number, solo uno de los dos")
    return models.patient_by_document(db, given[0])


def patient_file(db: Database, patient_id: int, *, user: CurrentUser) -> Payload:
    """La ficha: el paciente y sus últimas citas, sin sus antecedentes.

    :raises NotFound: si no existe.
    """
    # El motivo de la consulta dice algo de la salud del paciente: lo ve quien ve la agenda.
    with_reason = user.can(Permission.APPOINTMENTS_READ)
    file = models.patient_file(db, patient_id, with_reason=with_reason)
    patient = {name: value for name, value in file.items() if name != "recent_appointments"}
    appointments = file["recent_appointments"]
    return {"patient": patient, "medical_history": None, "recent_appointments": appointments}


def clinical_file(db: Session, patient_id: int, *, user: CurrentUser) -> Payload:
    """La ficha con sus antecedentes, y la constancia de que se vieron.

    :raises NotFound: si no existe.
    """
    file = patient_file(db, patient_id, user=user)
    return {**file, "medical_history": _seen_history(db, patient_id, user)}


def read_history(db: Session, patient_id: int, *, user: CurrentUser) -> HistoryRow | None:
    """Los antecedentes de un paciente, o None si no tiene.

    :raises NotFound: si el paciente no existe.
    """
    models.patient(db, patient_id)
    return _seen_history(db, patient_id, user)


def _seen_history(db: Session, patient_id: int, user: CurrentUser) -> HistoryRow | None:
    """Los antecedentes, y la constancia de que se vieron; saber que no hay también es verlos."""
    history = models.history(db, patient_id)
    history_id = history["history_id"] if history else None
    audit.record(db, user, "READ", "medical_history", history_id, patient_id=patient_id)
    return history


def write_history(
    db: Session, patient_id: int, changes: dict[str, Any], *, user: CurrentUser, expected: Expected
) -> tuple[HistoryRow, bool]:
    """Escribe los antecedentes de un paciente; devuelve también si son los primeros.

    :raises NotFound: si el paciente no existe.
    :raises PreconditionFailed: si cambiaron desde que el cliente los leyó.
    """
    # Con el paciente bloqueado, dos primeras escrituras a la vez son una creación y un cambio.
    models.locked_patient(db, patient_id)
    former = models.history(db, patient_id)
    expected.check(HISTORY_VERSION, lambda: former)
    changed = changes if former is None else different(former, changes)
    values = {**changed, "updated_by": user.user_id}
    # Qué columnas se escriben depende de la petición.
    if former is None:
        db.execute(insert(MedicalHistory).values(patient_id=patient_id, **values))
    elif changed:
        db.execute(update(MedicalHistory).where(MedicalHistory.patient_id == patient_id).values(values))
    history = models.existing_history(db, patient_id)
    action = "CREATE" if former is None else "UPDATE"
    _record_change(db, user, action, "medical_history", history["history_id"], patient_id, changed)
    return history, former is None


def _record_change(
    db: Session,
    user: CurrentUser,
    action: str,
    entity: str,
    entity_id: int,
    patient_id: int,
    changes: dict[str, Any],
) -> None:
    details = {"fields": sorted(changes)}
    audit.record(db, user, action, entity, entity_id, patient_id=patient_id, details=details)
