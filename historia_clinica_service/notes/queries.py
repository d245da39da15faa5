"""Lo que tocan las rutas de notas. Escribe las notas y sus versiones; de citas y usuarios solo lee
columnas."""

from typing import Any

from sqlalchemy import bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.listing import fetch_page
from common.tables.auth import User
from common.tables.citas import RELEASED, Appointment
from common.tables.historia_clinica import ClinicalNote, ClinicalNoteVersion
from common.web.schemas import Page

__all__ = ["RELEASED", "ClinicalNote", "ClinicalNoteVersion"]

NOTE = (
    select(
        ClinicalNote.note_id,
        ClinicalNote.appointment_id,
        ClinicalNote.patient_id,
        ClinicalNote.author_id,
        User.full_name.label("author_name"),
        ClinicalNote.observations,
        ClinicalNote.diagnosis,
        ClinicalNote.diagnoses,
        ClinicalNote.plan,
        ClinicalNote.vital_signs,
        ClinicalNote.created_at,
        ClinicalNote.updated_at,
        ClinicalNote.version.label("versions"),
    )
    .join(User, User.user_id == ClinicalNote.author_id)
    .order_by(ClinicalNote.note_id.desc())
)
_ONE_NOTE = NOTE.where(ClinicalNote.note_id == bindparam("note_id"))
_APPOINTMENT_NOTES = NOTE.where(ClinicalNote.appointment_id == bindparam("appointment_id"))


def _version(table: type[ClinicalNote] | type[ClinicalNoteVersion], written_at: Any) -> Any:
    return (
        select(
            table.version,
            literal(table is ClinicalNote).label("is_current"),
            table.author_id,
            User.full_name.label("author_name"),
            table.observations,
            table.diagnosis,
            table.diagnoses,
            table.plan,
            table.vital_signs,
            written_at.label("created_at"),
        )
        .join(User, User.user_id == table.author_id)
        .where(table.note_id == bindparam("note_id"))
    )


# En una sola consulta: si la nota cambia mientras se lee, ninguna versión sale dos veces.
_VERSIONS = union_all(
    _version(ClinicalNoteVersion, ClinicalNoteVersion.created_at),
    _version(ClinicalNote, ClinicalNote.updated_at),
).order_by("version")

_APPOINTMENT = select(Appointment.appointment_id, Appointment.patient_id, Appointment.status).where(
    Appointment.appointment_id == bindparam("appointment_id")
)


def appointment(db: Database, appointment_id: int) -> dict[str, Any]:
    """De quién es una cita y en qué estado está.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _APPOINTMENT, appointment_id=appointment_id)
    if row is None:
        raise NotFound("La cita no existe.")
    return row


def held_appointment(db: Session, appointment_id: int) -> dict[str, Any]:
    """La cita, que no cambia de estado hasta confirmar.

    :raises NotFound: si no existe.
    """
    row = select(Appointment.appointment_id).where(Appointment.appointment_id == appointment_id)
    db.execute(row.with_for_update(read=True))
    return appointment(db, appointment_id)


def note(db: Database, note_id: int) -> dict[str, Any]:
    """Una nota en su versión vigente.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_NOTE, note_id=note_id)
    if row is None:
        raise NotFound("La nota no existe.")
    return row


def locked_note(db: Session, note_id: int) -> dict[str, Any]:
    """La nota, bloqueada contra otros cambios.

    :raises NotFound: si no existe.
    """
    row = select(ClinicalNote.note_id).where(ClinicalNote.note_id == note_id)
    db.execute(row.with_for_update())
    return note(db, note_id)


def patient_notes_page(db: Database, patient_id: int, query: Page) -> dict[str, Any]:
    """Una página de las notas de un paciente, las más nuevas primero."""
    return fetch_page(db, NOTE.where(ClinicalNote.patient_id == patient_id), query, "notes")


def appointment_notes(db: Database, appointment_id: int) -> list[dict[str, Any]]:
    """Las notas de una cita, las más nuevas primero."""
    return fetch_all(db, _APPOINTMENT_NOTES, appointment_id=appointment_id)


def note_versions(db: Database, note_id: int) -> list[dict[str, Any]]:
    """Todas las versiones de una nota, de la primera a la vigente."""
    return fetch_all(db, _VERSIONS, note_id=note_id)
