"""Las filas que citas lee: una forma por consulta, de la base a la ruta."""

from datetime import datetime
from typing import TypedDict


class AppointmentRow(TypedDict):
    """Una cita, con los nombres del paciente y del doctor."""

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
