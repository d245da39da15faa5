"""La historia clínica completa de un paciente, y quién la ha visto."""

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.database import Database
from common.rules import audit
from common.web.schemas import Page, Payload
from historia_clinica_service import models
from historia_clinica_service.notes.rows import NoteRow
from historia_clinica_service.record import queries
from historia_clinica_service.record.rows import Event, Record, Visit


def whole_record(db: Database, patient_id: int) -> Record:
    """El paciente, sus antecedentes, todo lo que pasó y la serie de sus signos vitales; seis consultas.

    :raises NotFound: si no existe.
    """
    patient = models.patient(db, patient_id)
    notes = queries.notes(db, patient_id)
    return {
        "patient": patient,
        "medical_history": models.history(db, patient_id),
        "timeline": _timeline(queries.visits(db, patient_id), notes),
        "vital_signs": _series(notes),
    }


def _timeline(visits: list[Visit], notes: list[NoteRow]) -> list[Event]:
    """Citas y notas juntas, lo último primero; en el mismo instante, la nota después de su cita."""
    events: list[Event] = [
        {"kind": "APPOINTMENT", "at": visit["start_time"], "appointment": visit, "note": None}
        for visit in sorted(visits, key=lambda visit: visit["appointment_id"])
    ]
    events += [
        {"kind": "NOTE", "at": note["created_at"], "appointment": None, "note": note}
        for note in sorted(notes, key=lambda note: note["note_id"])
    ]
    # El orden es estable: al invertirlo, a igual instante queda primero lo más nuevo.
    return sorted(events, key=lambda event: event["at"])[::-1]


def _series(notes: list[NoteRow]) -> list[Payload]:
    """Los signos vitales de las notas que los tienen, del más antiguo al más nuevo, para graficarlos."""
    return [
        {"note_id": note["note_id"], "at": note["created_at"], **note["vital_signs"]}
        for note in sorted(notes, key=lambda note: (note["created_at"], note["note_id"]))
        if note["vital_signs"]
    ]


def record_reading(db: Session, record: Record, *, user: CurrentUser) -> None:
    """Anota que se vio la historia, y qué notas mostró."""
    patient_id = record["patient"]["patient_id"]
    shown = [event["note"]["note_id"] for event in record["timeline"] if event["note"]]
    audit.record(db, user, "READ", "record", patient_id, patient_id=patient_id, details={"note_ids": shown})


def accesses(db: Session, patient_id: int, query: Page, *, user: CurrentUser) -> Payload:
    """Una página de quién vio o cambió lo de un paciente; preguntarlo también queda anotado.

    :raises NotFound: si no existe.
    """
    models.patient(db, patient_id)
    page = queries.accesses_page(db, patient_id, query)
    audit.record(db, user, "READ", "audit_log", patient_id=patient_id)
    return page
