"""Las filas que historia clínica lee de los pacientes: una forma por consulta, de la base a la ruta."""

from datetime import date, datetime
from typing import TypedDict


class PatientRow(TypedDict):
    """Un paciente, con los años que cumplió hasta hoy."""

    patient_id: int
    doc_type: str
    doc_number: str
    first_name: str
    last_name: str
    full_name: str
    email: str | None
    phone: str | None
    address: str | None
    birth_date: date | None
    age: int | None
    gender: str | None
    emergency_contact_name: str | None
    emergency_contact_phone: str | None
    occupation: str | None
    is_active: bool
    created_at: datetime


class RecentAppointmentRow(TypedDict):
    """Una de las últimas citas de un paciente; sin motivo para quien no ve la agenda."""

    appointment_id: int
    patient_id: int
    patient_name: str
    doctor_id: int
    doctor_name: str
    start_time: datetime
    end_time: datetime
    status: str
    reason: str | None
    created_at: datetime


class FileRow(PatientRow):
    """Un paciente y sus últimas citas."""

    recent_appointments: list[RecentAppointmentRow]


class HistoryRow(TypedDict):
    """Los antecedentes de un paciente y quién los escribió."""

    history_id: int
    patient_id: int
    allergies: str | None
    pathologies: str | None
    surgeries: str | None
    family_history: str | None
    medications: str | None
    habits: str | None
    blood_type: str | None
    updated_at: datetime
    updated_by: int
    updated_by_name: str


class AlikeRow(TypedDict):
    """Una palabra buscada y otra, de las que hay en los nombres, que la contiene."""

    asked: str
    word: str
