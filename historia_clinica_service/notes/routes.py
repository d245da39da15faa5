"""Las rutas de las notas clínicas y sus versiones."""

from common.auth_middleware import current_user, require
from common.database import transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, conditional, json_body, query_string
from common.web.schemas import In, Page, Pagination, Payload
from common.web.versions import Expected
from historia_clinica_service.notes import operations
from historia_clinica_service.notes.schemas import NOTE_VERSION, NoteIn, NoteOut, NotePatch, NoteVersionOut

bp = Resource("notes", __name__, Tag("Notas clínicas", "Notas de las citas y sus versiones."))


@bp.get("/patients/<int:patient_id>/notes")
@require(Permission.CLINICAL_READ)
@query_string(Page)
@answers(notes=list[NoteOut], pagination=Pagination)
def list_patient_notes(patient_id: int, query: Page) -> Payload:
    """Lista las notas de un paciente, las más nuevas primero"""
    with transaction() as db:
        return operations.patient_notes(db, patient_id, query, user=current_user())


@bp.get("/appointments/<int:appointment_id>/notes")
@require(Permission.CLINICAL_READ)
@answers(notes=list[NoteOut])
def list_appointment_notes(appointment_id: int) -> Payload:
    """Lista las notas de una cita, las más nuevas primero"""
    with transaction() as db:
        return {"notes": operations.appointment_notes(db, appointment_id, user=current_user())}


@bp.post("/appointments/<int:appointment_id>/notes")
@require(Permission.CLINICAL_WRITE)
@json_body(NoteIn)
@answers(
    status=201, location="/api/historia-clinica/notes/{note[note_id]}", note=NoteOut, versioned=NOTE_VERSION
)
def create_note(appointment_id: int, body: NoteIn) -> Payload:
    """Escribe una nota de la cita, a nombre de quien llama

    El IMC se calcula con el peso y la talla. Si la cita se canceló, 409 `cita_cancelada`.
    """
    with transaction() as db:
        return {"note": operations.create_note(db, appointment_id, body, user=current_user())}


@bp.get("/notes/<int:note_id>")
@require(Permission.CLINICAL_READ)
@answers(note=NoteOut, versioned=NOTE_VERSION)
def get_note(note_id: int) -> Payload:
    """Muestra una nota en su versión vigente"""
    with transaction() as db:
        return {"note": operations.read_note(db, note_id, user=current_user())}


@bp.put("/notes/<int:note_id>")
@require(Permission.CLINICAL_WRITE)
@conditional
@json_body(NotePatch)
@answers(note=NoteOut, versioned=NOTE_VERSION)
def change_note(note_id: int, body: In, expected: Expected) -> Payload:
    """Corrige una nota propia; lo que decía queda como una versión anterior

    `diagnoses` y `vital_signs`, si llegan, se reemplazan completos. Si la nota es de otra persona, 403
    `no_es_autor`.
    """
    with transaction() as db:
        note = operations.change_note(db, note_id, body.changes(), user=current_user(), expected=expected)
        return {"note": note}


@bp.get("/notes/<int:note_id>/versions")
@require(Permission.CLINICAL_READ)
@answers(versions=list[NoteVersionOut])
def list_versions(note_id: int) -> Payload:
    """Lista las versiones de una nota, de la primera a la vigente"""
    with transaction() as db:
        return {"versions": operations.read_versions(db, note_id, user=current_user())}
