"""Las filas que citas lee: una forma por consulta, de la base a la ruta."""

from datetime import datetime, time
from decimal import Decimal
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


class TreatmentLineRow(TypedDict):
    """Un tratamiento de una visita."""

    detail_id: int
    appointment_id: int
    treatment_id: int
    treatment_name: str
    quantity: Decimal
    price_at_moment: Decimal
    subtotal: Decimal


class ExtraRow(TypedDict):
    """Un producto usado o vendido en una visita."""

    extra_id: int
    appointment_id: int
    product_id: int
    product_name: str
    quantity: Decimal
    price_charged: Decimal
    subtotal: Decimal


class StatusChangeRow(TypedDict):
    """Un cambio de estado y quién lo hizo."""

    from_status: str | None
    to_status: str
    reason: str | None
    changed_by: int
    changed_by_name: str
    changed_at: datetime


class DetailRow(AppointmentRow):
    """Una cita con lo que se hace en ella y sus cambios de estado."""

    treatments: list[TreatmentLineRow]
    extras: list[ExtraRow]
    status_history: list[StatusChangeRow]


class BookedRow(TypedDict):
    """Lo que deja agendar una cita."""

    appointment_id: int


class LiveInvoiceRow(TypedDict):
    """La factura que cobra una cita; en borrador aún no tiene número."""

    invoice_id: int
    invoice_number: str | None
    status: str


class DoctorRow(TypedDict):
    """Un doctor activo."""

    doctor_id: int
    full_name: str


class IntervalRow(TypedDict):
    """Un intervalo del horario semanal de un doctor."""

    weekday: int
    start: time
    end: time


class TimeOffRow(TypedDict):
    """Una ausencia de un doctor."""

    start: datetime
    end: datetime
    reason: str | None


class SlotRow(TypedDict):
    """Lo que dice si un doctor está libre en un horario."""

    user_id: int
    conflicts: list[AppointmentRow]
    working_hours: list[IntervalRow]
    time_off: list[TimeOffRow]
