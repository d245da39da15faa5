"""Lo que pasa con las notas clínicas: se escriben, se leen y se corrigen sin perder lo que decían.

Cada lectura y cada cambio deja una entrada en la auditoría, siempre al final: con nombres de campos y
números de nota, nunca con su texto.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.errors import Conflict, Forbidden
from common.rules import audit
from common.utils import now
from common.web.schemas import Page
from common.web.versions import Expected
from historia_clinica_service import models
from historia_clinica_service.notes import queries
from historia_clinica_service.notes.queries import RELEASED, ClinicalNote, ClinicalNoteVersion
from historia_clinica_service.notes.rows import NoteRow, NotesPage, VersionRow
from historia_clinica_service.notes.schemas import NOTE_VERSION, NoteIn, VitalSignsOut
from historia_clinica_service.operations import different

TENTH = Decimal("0.1")


def create_note(db: Session, appointment_id: int, body: NoteIn, *, user: CurrentUser) -> NoteRow:
    """Escribe una nota de la cita, a nombre de quien llama.

    :raises NotFound: si la cita no existe.
    :raises Conflict: si se canceló o el paciente no vino.
    """
    appointment = queries.held_appointment(db, appointment_id)
    if appointment["status"] in RELEASED:
        raise Conflict("La cita se canceló o el paciente no vino: no admite notas.", code="cita_cancelada")
    instant = now()
    values = {
        "appointment_id": appointment_id,
        "patient_id": appointment["patient_id"],
        "author_id": user.user_id,
        "created_at": instant,
        "updated_at": instant,
        **stored(body.model_dump()),
    }
    note_id = db.scalars(insert(ClinicalNote).values(values).returning(ClinicalNote.note_id)).one()
    note = queries.note(db, note_id)
    _record(db, user, "CREATE", note, {"fields": sorted(body.changes())})
    return note


def change_note(
    db: Session, note_id: int, changes: dict[str, Any], *, user: CurrentUser, expected: Expected
) -> NoteRow:
    """Corrige una nota; lo que decía queda guardado como una versión anterior.

    :raises NotFound: si no existe.
    :raises Forbidden: si quien llama no la escribió.
    :raises PreconditionFailed: si cambió desde que el cliente la leyó.
    """
    former = queries.locked_note(db, note_id)
    if former["author_id"] != user.user_id:
        raise Forbidden("Solo quien escribió la nota puede corregirla.", code="no_es_autor")
    expected.check(NOTE_VERSION, lambda: former)
    changed = different(former, stored(changes))
    if changed:
        _keep_version(db, former)
        values = {**changed, "version": former["versions"] + 1}
        # Qué columnas cambian depende de la petición.
        db.execute(update(ClinicalNote).where(ClinicalNote.note_id == note_id).values(values))
    note = queries.note(db, note_id)
    _record(db, user, "UPDATE", note, {"fields": sorted(changed)})
    return note


def _keep_version(db: Session, former: NoteRow) -> None:
    values = {
        "note_id": former["note_id"],
        "version": former["versions"],
        "author_id": former["author_id"],
        "created_at": former["updated_at"],
        "observations": former["observations"],
        "diagnosis": former["diagnosis"],
        "diagnoses": former["diagnoses"],
        "plan": former["plan"],
        "vital_signs": former["vital_signs"],
    }
    db.execute(insert(ClinicalNoteVersion).values(values))


def stored(content: dict[str, Any]) -> dict[str, Any]:
    """Las claves que llegaron, como se guardan."""
    result = dict(content)
    if "diagnoses" in content:
        result["diagnoses"] = content["diagnoses"] or []
    if "vital_signs" in content:
        result["vital_signs"] = measured(content["vital_signs"] or {})
    return result


def measured(signs: dict[str, Any]) -> dict[str, Any] | None:
    """Los signos vitales con todas sus claves y el IMC; None si no se tomó ninguno."""
    taken = {key: value for key, value in signs.items() if value is not None}
    if not taken:
        return None
    taken["bmi"] = bmi(taken.get("weight_kg"), taken.get("height_cm"))
    return {key: _json_number(taken.get(key)) for key in VitalSignsOut.model_fields}


def bmi(weight_kg: Decimal | None, height_cm: Decimal | None) -> Decimal | None:
    """El índice de masa corporal en kg/m², a la décima, la mitad hacia arriba."""
    if weight_kg is None or height_cm is None:
        return None
    return (weight_kg * 10_000 / height_cm**2).quantize(TENTH, ROUND_HALF_UP)


def _json_number(value: Decimal | int | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def read_note(db: Session, note_id: int, *, user: CurrentUser) -> NoteRow:
    """Una nota.

    :raises NotFound: si no existe.
    """
    note = queries.note(db, note_id)
    _record(db, user, "READ", note)
    return note


def read_versions(db: Session, note_id: int, *, user: CurrentUser) -> list[VersionRow]:
    """Todas las versiones de una nota, de la primera a la vigente.

    :raises NotFound: si no existe.
    """
    note = queries.note(db, note_id)
    versions = queries.note_versions(db, note_id)
    _record(db, user, "READ", note, {"versions": [version["version"] for version in versions]})
    return versions


def patient_notes(db: Session, patient_id: int, query: Page, *, user: CurrentUser) -> NotesPage:
    """Una página de las notas de un paciente.

    :raises NotFound: si el paciente no existe.
    """
    models.patient(db, patient_id)
    page = queries.patient_notes_page(db, patient_id, query)
    _record_list(db, user, patient_id, page["notes"])
    return page


def appointment_notes(db: Session, appointment_id: int, *, user: CurrentUser) -> list[NoteRow]:
    """Las notas de una cita.

    :raises NotFound: si la cita no existe.
    """
    appointment = queries.appointment(db, appointment_id)
    notes = queries.appointment_notes(db, appointment_id)
    _record_list(db, user, appointment["patient_id"], notes)
    return notes


def _record(
    db: Session,
    user: CurrentUser,
    action: str,
    note: NoteRow,
    details: dict[str, Any] | None = None,
) -> None:
    patient_id = note["patient_id"]
    audit.record(db, user, action, "clinical_notes", note["note_id"], patient_id=patient_id, details=details)


def _record_list(db: Session, user: CurrentUser, patient_id: int, notes: list[NoteRow]) -> None:
    details = {"note_ids": [note["note_id"] for note in notes]}
    audit.record(db, user, "READ", "clinical_notes", patient_id=patient_id, details=details)
