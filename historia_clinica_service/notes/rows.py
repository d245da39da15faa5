"""Las filas de las notas y de las citas que las admiten."""

from datetime import datetime
from typing import Any, TypedDict


class NoteContentRow(TypedDict):
    """Lo que dice una nota y quién lo escribió; los diagnósticos y los signos vitales son JSON."""

    author_id: int
    author_name: str
    observations: str
    diagnosis: str | None
    diagnoses: list[dict[str, Any]]
    plan: str | None
    vital_signs: dict[str, Any] | None
    created_at: datetime


class NoteRow(NoteContentRow):
    """Una nota en su versión vigente, que es la última de las que cuenta `versions`."""

    note_id: int
    appointment_id: int
    patient_id: int
    updated_at: datetime
    versions: int


class NotesPage(TypedDict):
    """Una página de notas."""

    notes: list[NoteRow]
    pagination: dict[str, int]


class VersionRow(NoteContentRow):
    """Una versión de una nota, escrita en `created_at`."""

    version: int
    is_current: bool


class NotedAppointmentRow(TypedDict):
    """De quién es una cita y en qué estado está."""

    appointment_id: int
    patient_id: int
    status: str
