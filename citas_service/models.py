"""Lo que citas toca. Escribe citas, sus líneas, su historia y los horarios; de pacientes, usuarios,
tratamientos y productos solo lee columnas."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from citas_service.schemas import AppointmentQuery
from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.listing import fetch_page
from common.permissions import Permission
from common.tables.auth import Role, User
from common.tables.citas import (
    RELEASED,
    Appointment,
    AppointmentExtra,
    AppointmentStatusHistory,
    AppointmentTreatment,
    DoctorSchedule,
    DoctorTimeOff,
)
from common.tables.historia_clinica import Patient
from common.tables.inventario import Product, Treatment
from common.utils import end_of_day, start_of_day

__all__ = [
    "RELEASED",
    "Appointment",
    "AppointmentExtra",
    "AppointmentStatusHistory",
    "AppointmentTreatment",
    "DoctorSchedule",
    "DoctorTimeOff",
    "Patient",
    "Product",
    "Treatment",
    "User",
]

APPOINTMENT = (
    select(
        Appointment.appointment_id,
        Appointment.patient_id,
        Patient.full_name.label("patient_name"),
        Appointment.doctor_id,
        User.full_name.label("doctor_name"),
        Appointment.start_time,
        Appointment.end_time,
        Appointment.status,
        Appointment.reason,
        Appointment.created_at,
    )
    .join(Patient, Patient.patient_id == Appointment.patient_id)
    .join(User, User.user_id == Appointment.doctor_id)
)
_ONE = APPOINTMENT.where(Appointment.appointment_id == bindparam("appointment_id"))
LIVE = Appointment.status.not_in(RELEASED)

_TREATMENT_LINE = (
    select(
        AppointmentTreatment.detail_id,
        AppointmentTreatment.appointment_id,
        AppointmentTreatment.treatment_id,
        Treatment.name.label("treatment_name"),
        AppointmentTreatment.quantity,
        AppointmentTreatment.price_at_moment,
        func.round(AppointmentTreatment.quantity * AppointmentTreatment.price_at_moment, 2).label("subtotal"),
    )
    .join(Treatment, Treatment.treatment_id == AppointmentTreatment.treatment_id)
    .order_by(AppointmentTreatment.detail_id)
)
_EXTRA = (
    select(
        AppointmentExtra.extra_id,
        AppointmentExtra.appointment_id,
        AppointmentExtra.product_id,
        Product.name.label("product_name"),
        AppointmentExtra.quantity,
        AppointmentExtra.price_charged,
        func.round(AppointmentExtra.quantity * AppointmentExtra.price_charged, 2).label("subtotal"),
    )
    .join(Product, Product.product_id == AppointmentExtra.product_id)
    .order_by(AppointmentExtra.extra_id)
)
_HISTORY = (
    select(
        AppointmentStatusHistory.from_status,
        AppointmentStatusHistory.to_status,
        AppointmentStatusHistory.reason,
        AppointmentStatusHistory.changed_by,
        User.full_name.label("changed_by_name"),
        AppointmentStatusHistory.changed_at,
    )
    .join(User, User.user_id == AppointmentStatusHistory.changed_by)
    .where(AppointmentStatusHistory.appointment_id == bindparam("appointment_id"))
    .order_by(AppointmentStatusHistory.history_id)
)
# Doctor es quien puede escribir en la historia clínica, sea cual sea el nombre de su rol.
DOCTOR = (
    select(User.user_id.label("doctor_id"), User.full_name)
    .join(Role, Role.role_id == User.role_id)
    .where(User.is_active, Role.permissions.contains([Permission.CLINICAL_WRITE.value]))
)
_DOCTORS = DOCTOR.order_by(func.search_text(User.full_name), User.user_id)
_WORKING_HOURS = (
    select(
        DoctorSchedule.weekday,
        DoctorSchedule.start_time.label("start"),
        DoctorSchedule.end_time.label("end"),
    )
    .where(DoctorSchedule.doctor_id == bindparam("doctor_id"))
    .order_by(DoctorSchedule.weekday, DoctorSchedule.start_time)
)
_TIME_OFF = (
    select(
        DoctorTimeOff.start_time.label("start"),
        DoctorTimeOff.end_time.label("end"),
        DoctorTimeOff.reason,
    )
    .where(DoctorTimeOff.doctor_id == bindparam("doctor_id"))
    .order_by(DoctorTimeOff.start_time)
)


def appointment(db: Database, appointment_id: int) -> dict[str, Any]:
    """Una cita, sin lo que se hace en ella.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE, appointment_id=appointment_id)
    if row is None:
        raise NotFound("La cita no existe.")
    return row


def appointments_page(db: Database, query: AppointmentQuery) -> dict[str, Any]:
    """Una página de la agenda, por hora de inicio, lo último primero."""
    statement = APPOINTMENT.order_by(Appointment.start_time.desc(), Appointment.appointment_id.desc())
    if query.patient_id is not None:
        statement = statement.where(Appointment.patient_id == query.patient_id)
    if query.doctor_id is not None:
        statement = statement.where(Appointment.doctor_id == query.doctor_id)
    if query.status is not None:
        statement = statement.where(Appointment.status == query.status)
    if query.date_from is not None:
        statement = statement.where(Appointment.start_time >= start_of_day(query.date_from))
    if query.date_to is not None:
        statement = statement.where(Appointment.start_time < end_of_day(query.date_to))
    return fetch_page(db, statement, query, "appointments")


def overlaps(start: datetime, end: datetime) -> ColumnElement[bool]:
    """Que la cita ocupe parte de `[start, end)`; escrito como el índice que guarda la regla."""
    occupied = func.tstzrange(Appointment.start_time, Appointment.end_time, "[)")
    return occupied.op("&&", is_comparison=True)(func.tstzrange(start, end, "[)"))


def conflicts(
    db: Database,
    start: datetime,
    end: datetime,
    *,
    doctor_id: int,
    patient_id: int | None = None,
    exclude: int | None = None,
) -> list[dict[str, Any]]:
    """Las citas vivas del doctor (y del paciente) que ocupan parte de ese horario."""
    who = or_(Appointment.doctor_id == doctor_id, Appointment.patient_id == patient_id)
    statement = APPOINTMENT.where(who, LIVE, overlaps(start, end)).order_by(Appointment.start_time)
    if exclude is not None:
        statement = statement.where(Appointment.appointment_id != exclude)
    return fetch_all(db, statement)


def doctor_day(db: Database, doctor_id: int, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Las citas de un doctor que ocupan parte de un lapso, en orden, también las canceladas."""
    mine = APPOINTMENT.where(Appointment.doctor_id == doctor_id, overlaps(start, end))
    return fetch_all(db, mine.order_by(Appointment.start_time, Appointment.appointment_id))


def treatment_lines(db: Database, appointment_id: int) -> list[dict[str, Any]]:
    """Los tratamientos de una visita."""
    return fetch_all(db, _TREATMENT_LINE.where(AppointmentTreatment.appointment_id == appointment_id))


def treatment_line(db: Database, detail_id: int) -> dict[str, Any] | None:
    """Un tratamiento de una visita."""
    return fetch_one(db, _TREATMENT_LINE.where(AppointmentTreatment.detail_id == detail_id))


def extra_lines(db: Database, appointment_id: int) -> list[dict[str, Any]]:
    """Los extras de una visita."""
    return fetch_all(db, _EXTRA.where(AppointmentExtra.appointment_id == appointment_id))


def extra_line(db: Database, extra_id: int) -> dict[str, Any] | None:
    """Un extra de una visita."""
    return fetch_one(db, _EXTRA.where(AppointmentExtra.extra_id == extra_id))


def status_history(db: Database, appointment_id: int) -> list[dict[str, Any]]:
    """Los cambios de estado de una cita, en orden."""
    return fetch_all(db, _HISTORY, appointment_id=appointment_id)


def doctors(db: Database) -> list[dict[str, Any]]:
    """Los doctores activos, por nombre."""
    return fetch_all(db, _DOCTORS)


def doctor(db: Database, doctor_id: int) -> dict[str, Any]:
    """Un doctor activo.

    :raises NotFound: si no existe o no es doctor.
    """
    row = fetch_one(db, DOCTOR.where(User.user_id == doctor_id))
    if row is None:
        raise NotFound("El doctor no existe.")
    return row


def working_hours(db: Database, doctor_id: int) -> list[dict[str, Any]]:
    """El horario semanal de un doctor."""
    return fetch_all(db, _WORKING_HOURS, doctor_id=doctor_id)


def time_off(db: Database, doctor_id: int) -> list[dict[str, Any]]:
    """Las ausencias de un doctor."""
    return fetch_all(db, _TIME_OFF, doctor_id=doctor_id)
