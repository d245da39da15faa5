"""Las filas de la historia clínica entera y lo que se arma con ellas."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from common.web.schemas import Payload
from historia_clinica_service.notes.rows import NoteRow
from historia_clinica_service.rows import HistoryRow, PatientRow


class AppointmentRow(TypedDict):
    """Una cita del paciente."""

    appointment_id: int
    doctor_id: int
    doctor_name: str
    start_time: datetime
    end_time: datetime
    status: str
    reason: str | None


class TreatmentRow(TypedDict):
    """Un tratamiento y la cita en que se hizo."""

    appointment_id: int
    treatment_id: int
    treatment_name: str
    quantity: Decimal


class ExtraRow(TypedDict):
    """Un producto y la cita que lo usó aparte de los tratamientos."""

    appointment_id: int
    product_id: int
    product_name: str
    unit: str
    quantity: Decimal


class Visit(AppointmentRow):
    """Una cita y lo que se hizo en ella."""

    treatments: list[Payload]
    extras: list[Payload]


class Event(TypedDict):
    """Algo que pasó: una cita o una nota, y cuándo."""

    kind: str
    at: datetime
    appointment: Visit | None
    note: NoteRow | None


class Record(TypedDict):
    """La historia clínica."""

    patient: PatientRow
    medical_history: HistoryRow | None
    timeline: list[Event]
    vital_signs: list[Payload]


class AccessRow(TypedDict):
    """Quién vio o cambió algo de un paciente y cuándo."""

    audit_id: int
    created_at: datetime
    user_id: int
    user_name: str
    action: str
    entity: str
    entity_id: int | None
