"""Las filas de los enlaces de calendario y de las citas que muestran."""

from datetime import datetime
from typing import TypedDict

from citas_service.rows import DoctorRow


class LinkRow(DoctorRow):
    """Un doctor activo y el resumen de su enlace vigente."""

    token_hash: str


class LinkStateRow(TypedDict):
    """Desde cuándo hay un enlace y quién lo dio."""

    doctor_id: int
    created_at: datetime
    created_by: int
    created_by_name: str


class RevokedRow(TypedDict):
    """El enlace que dejó de servir."""

    link_id: int


class EventRow(TypedDict):
    """Una cita, con lo que el calendario dice de ella."""

    appointment_id: int
    start_time: datetime
    end_time: datetime
    status: str
    created_at: datetime
    updated_at: datetime
    patient_name: str
