"""Lo que tocan las rutas de notas. Escribe las notas y sus versiones; de citas y usuarios solo lee
columnas."""

from typing import Any, cast

from sqlalchemy import bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.listing import Listing
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import User
from common.tables.citas import RELEASED, Appointment
from common.tables.historia_clinica import ClinicalNote, ClinicalNoteVersion
from common.web.schemas import Page
from historia_clinica_service.notes.rows import NotedAppointmentRow, NoteRow, NotesPage, VersionRow

__all__ = ["RELEASED", "ClinicalNote", "ClinicalNoteVersion"]

NOTE = (
    select(*columns(NoteRow, ClinicalNote, author_name=User.full_name, versions=ClinicalNote.version))
    .join(User, User.user_id == ClinicalNote.author_id)
    .order_by(ClinicalNote.note_id.desc())
)
_IS_IT = ClinicalNote.note_id == bindparam("note_id")
_ONE_NOTE = FixedQuery(NoteRow, NOTE.where(_IS_IT))
_LOCKED_NOTE = ValueQuery(int, select(ClinicalNote.note_id).where(_IS_IT).with_for_update())
_PATIENT_NOTES = Listing(
    NoteRow, "notes", NOTE, patient_id=ClinicalNote.patient_id == bindparam("patient_id")
)
_APPOINTMENT_NOTES = FixedQuery(
    NoteRow, NOTE.where(ClinicalNote.appointment_id == bindparam("appointment_id"))
)


def _version(table: type[ClinicalNote] | type[ClinicalNoteVersion], written_at: Any) -> Any:
    is_current = literal(table is ClinicalNote)
    computed = {"author_name": User.full_name, "created_at": written_at, "is_current": is_current}
    return (
        select(*columns(VersionRow, table, **computed))
        .join(User, User.user_id == table.author_id)
        .where(table.note_id == bindparam("note_id"))
    )


# En una sola consulta: si la nota cambia mientras se lee, ninguna versión sale dos veces.
_VERSIONS = FixedQuery(
    VersionRow,
    union_all(
        _version(ClinicalNoteVersion, ClinicalNoteVersion.created_at),
        _version(ClinicalNote, ClinicalNote.updated_at),
    ).order_by("version"),
)

_IS_THE_APPOINTMENT = Appointment.appointment_id == bindparam("appointment_id")
_APPOINTMENT = FixedQuery(
    NotedAppointmentRow, select(*columns(NotedAppointmentRow, Appointment)).where(_IS_THE_APPOINTMENT)
)
_HELD_APPOINTMENT = ValueQuery(
    int, select(Appointment.appointment_id).where(_IS_THE_APPOINTMENT).with_for_update(read=True)
)


def appointment(db: Database, appointment_id: int) -> NotedAppointmentRow:
    """De quién es una cita y en qué estado está.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _APPOINTMENT, appointment_id=appointment_id)
    if row is None:
        raise NotFound("La cita no existe.")
    return row


def held_appointment(db: Session, appointment_id: int) -> NotedAppointmentRow:
    """La cita, que no cambia de estado hasta confirmar.

    :raises NotFound: si no existe.
    """
    fetch_value(db, _HELD_APPOINTMENT, appointment_id=appointment_id)
    return appointment(db, appointment_id)


def note(db: Database, note_id: int) -> NoteRow:
    """Una nota en su versión vigente.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_NOTE, note_id=note_id)
    if row is None:
        raise NotFound("La nota no existe.")
    return row


def locked_note(db: Session, note_id: int) -> NoteRow:
    """La nota, bloqueada contra otros cambios.

    :raises NotFound: si no existe.
    """
    fetch_value(db, _LOCKED_NOTE, note_id=note_id)
    return note(db, note_id)


def patient_notes_page(db: Database, patient_id: int, query: Page) -> NotesPage:
    """Una página de las notas de un paciente, las más nuevas primero."""
    # Una página no dice en su tipo qué lleva bajo cada clave.
    return cast(NotesPage, _PATIENT_NOTES.page(db, query, patient_id=patient_id))


def appointment_notes(db: Database, appointment_id: int) -> list[NoteRow]:
    """Las notas de una cita, las más nuevas primero."""
    return fetch_all(db, _APPOINTMENT_NOTES, appointment_id=appointment_id)


def note_versions(db: Database, note_id: int) -> list[VersionRow]:
    """Todas las versiones de una nota, de la primera a la vigente."""
    return fetch_all(db, _VERSIONS, note_id=note_id)
