"""Lo que citas toca de la agenda. Escribe los horarios; de pacientes, usuarios y facturas solo lee columnas.
La propia cita se escribe en `write_queries`."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, or_, select

from citas_service import line_queries
from citas_service.rows import (
    AppointmentRow,
    DetailRow,
    DoctorRow,
    IntervalRow,
    SlotRow,
    StatusChangeRow,
    TimeOffRow,
)
from citas_service.schemas import AppointmentQuery
from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.daily_lists import Daily, between_days
from common.lists.listing import Listing
from common.permissions import Permission
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import Role, User
from common.tables.citas import (
    RELEASED,
    Appointment,
    AppointmentStatusHistory,
    DoctorSchedule,
    DoctorTimeOff,
)
from common.tables.facturacion import Invoice
from common.tables.historia_clinica import Patient
from common.web.schemas import Payload

__all__ = [
    "RELEASED",
    "DoctorSchedule",
    "DoctorTimeOff",
]

APPOINTMENT = (
    select(*columns(AppointmentRow, Appointment, patient_name=Patient.full_name, doctor_name=User.full_name))
    .join(Patient, Patient.patient_id == Appointment.patient_id)
    .join(User, User.user_id == Appointment.doctor_id)
)
_ONE = FixedQuery(
    AppointmentRow, APPOINTMENT.where(Appointment.appointment_id == bindparam("appointment_id"))
)
_AGENDA = Listing(
    AppointmentRow,
    "appointments",
    APPOINTMENT,
    Daily("APPOINTMENTS", Appointment.start_time, Appointment.appointment_id, subject="status"),
    patient_id=Appointment.patient_id == bindparam("patient_id"),
    doctor_id=Appointment.doctor_id == bindparam("doctor_id"),
    status=Appointment.status == bindparam("status"),
    **between_days(Appointment.start_time),
)
LIVE = Appointment.status.not_in(RELEASED)
# Lo guarda la base: ck_appointments_length.
LONGEST = timedelta(hours=8)

_HISTORY = FixedQuery(
    StatusChangeRow,
    select(*columns(StatusChangeRow, AppointmentStatusHistory, changed_by_name=User.full_name))
    .join(User, User.user_id == AppointmentStatusHistory.changed_by)
    .where(AppointmentStatusHistory.appointment_id == bindparam("appointment_id"))
    .order_by(AppointmentStatusHistory.history_id),
)
# Doctor es quien puede escribir en la historia clínica, sea cual sea el nombre de su rol.
DOCTOR = (
    select(*columns(DoctorRow, User, doctor_id=User.user_id))
    .join(Role, Role.role_id == User.role_id)
    .where(User.is_active, Role.permissions.contains([Permission.CLINICAL_WRITE.value]))
)
_DETAILED = FixedQuery(
    DetailRow,
    _ONE.statement,
    treatments=line_queries.TREATMENTS,
    extras=line_queries.EXTRAS,
    status_history=_HISTORY,
)
_DOCTORS = FixedQuery(DoctorRow, DOCTOR.order_by(func.search_text(User.full_name), User.user_id))
_CHOSEN_DOCTOR = DOCTOR.where(User.user_id == bindparam("doctor_id"))
_ONE_DOCTOR = FixedQuery(DoctorRow, _CHOSEN_DOCTOR)
# Bloquear al doctor y al paciente es apartar sus agendas; quien solo los nombra no espera.
_LOCKED_DOCTOR = FixedQuery(DoctorRow, _CHOSEN_DOCTOR.with_for_update(of=User, key_share=True))
_LOCKED_PATIENT = ValueQuery(
    int,
    select(Patient.patient_id)
    .where(Patient.patient_id == bindparam("patient_id"), Patient.is_active)
    .with_for_update(key_share=True),
)
_ISSUED_INVOICE = ValueQuery(
    str,
    select(Invoice.invoice_number).where(
        Invoice.appointment_id == bindparam("appointment_id"),
        Invoice.status.in_(("ISSUED", "PAID")),
        ~Invoice.credited_in_full,
    ),
)
_WORKING_HOURS = FixedQuery(
    IntervalRow,
    select(
        *columns(IntervalRow, DoctorSchedule, start=DoctorSchedule.start_time, end=DoctorSchedule.end_time)
    )
    .where(DoctorSchedule.doctor_id == bindparam("doctor_id"))
    .order_by(DoctorSchedule.weekday, DoctorSchedule.start_time),
)
_TIME_OFF = FixedQuery(
    TimeOffRow,
    select(*columns(TimeOffRow, DoctorTimeOff, start=DoctorTimeOff.start_time, end=DoctorTimeOff.end_time))
    .where(DoctorTimeOff.doctor_id == bindparam("doctor_id"))
    .order_by(DoctorTimeOff.start_time),
)
# Que la cita ocupe parte de `[start, end)`; escrito como el índice que guarda la regla.
_OVERLAPS = func.tstzrange(Appointment.start_time, Appointment.end_time, "[)").op("&&", is_comparison=True)(
    func.tstzrange(bindparam("start"), bindparam("end"), "[)")
)
_OF_DOCTOR = Appointment.doctor_id == bindparam("doctor_id")
_OF_PATIENT = Appointment.patient_id == bindparam("patient_id")
# Ninguna dura más que LONGEST: así basta el índice por doctor y hora de inicio.
_NEAR = Appointment.start_time.between(bindparam("since"), bindparam("end"))
_DOCTOR_DAY = FixedQuery(
    AppointmentRow,
    APPOINTMENT.where(_OF_DOCTOR, _NEAR, _OVERLAPS).order_by(
        Appointment.start_time, Appointment.appointment_id
    ),
)
_CONFLICTS = FixedQuery(
    AppointmentRow,
    APPOINTMENT.where(or_(_OF_DOCTOR, _OF_PATIENT), LIVE, _OVERLAPS)
    .where(Appointment.appointment_id.is_distinct_from(bindparam("exclude")))
    .order_by(Appointment.start_time),
)
_SLOT = FixedQuery(
    SlotRow,
    select(User.user_id).where(User.user_id == bindparam("doctor_id")),
    conflicts=_CONFLICTS,
    working_hours=_WORKING_HOURS,
    time_off=_TIME_OFF,
)


def appointment(db: Database, appointment_id: int) -> AppointmentRow:
    """Una cita, sin lo que se hace en ella.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE, appointment_id=appointment_id)
    if row is None:
        raise NotFound("La cita no existe.")
    return row


def detailed(db: Database, appointment_id: int) -> DetailRow:
    """Una cita con sus tratamientos, sus extras y sus cambios de estado.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _DETAILED, appointment_id=appointment_id)
    if row is None:
        raise NotFound("La cita no existe.")
    return row


def exists(db: Database, appointment_id: int) -> bool:
    """Si hay una cita con ese número."""
    return fetch_one(db, _ONE, appointment_id=appointment_id) is not None


def appointments_page(db: Database, query: AppointmentQuery) -> Payload:
    """Una página de la agenda, por hora de inicio, lo último primero."""
    return _AGENDA.page(db, query)


def slot(
    db: Database,
    start: datetime,
    end: datetime,
    *,
    doctor_id: int,
    patient_id: int | None = None,
    exclude: int | None = None,
) -> SlotRow:
    """Lo que dice si un doctor que existe está libre en un horario.

    Sus horas (`working_hours`) y ausencias (`time_off`), y las citas vivas suyas y del paciente que ocupan
    parte de él (`conflicts`).
    """
    who = {"doctor_id": doctor_id, "patient_id": patient_id, "exclude": exclude}
    found = fetch_one(db, _SLOT, start=start, end=end, **who)
    assert found is not None
    return found


def doctor_day(db: Database, doctor_id: int, start: datetime, end: datetime) -> list[AppointmentRow]:
    """Las citas de un doctor que ocupan parte de un lapso, en orden, también las canceladas."""
    span = {"since": start - LONGEST, "start": start, "end": end}
    return fetch_all(db, _DOCTOR_DAY, doctor_id=doctor_id, **span)


def doctors(db: Database) -> list[DoctorRow]:
    """Los doctores activos, por nombre."""
    return fetch_all(db, _DOCTORS)


def doctor(db: Database, doctor_id: int) -> DoctorRow:
    """Un doctor activo.

    :raises NotFound: si no existe o no es doctor.
    """
    row = fetch_one(db, _ONE_DOCTOR, doctor_id=doctor_id)
    if row is None:
        raise NotFound("El doctor no existe.")
    return row


def is_doctor(db: Database, user_id: int) -> bool:
    """Si es un doctor activo."""
    return fetch_one(db, _ONE_DOCTOR, doctor_id=user_id) is not None


def lock_doctor(db: Database, doctor_id: int) -> bool:
    """Aparta la agenda de un doctor activo hasta confirmar; dice si lo hay."""
    return fetch_one(db, _LOCKED_DOCTOR, doctor_id=doctor_id) is not None


def lock_patient(db: Database, patient_id: int) -> bool:
    """Aparta la agenda de un paciente activo hasta confirmar; dice si lo hay."""
    return fetch_value(db, _LOCKED_PATIENT, patient_id=patient_id) is not None


def issued_invoice(db: Database, appointment_id: int) -> str | None:
    """El número de la factura emitida que cobra la cita: ni anulada ni devuelta entera."""
    return fetch_value(db, _ISSUED_INVOICE, appointment_id=appointment_id)


def working_hours(db: Database, doctor_id: int) -> list[IntervalRow]:
    """El horario semanal de un doctor."""
    return fetch_all(db, _WORKING_HOURS, doctor_id=doctor_id)


def time_off(db: Database, doctor_id: int) -> list[TimeOffRow]:
    """Las ausencias de un doctor."""
    return fetch_all(db, _TIME_OFF, doctor_id=doctor_id)
