"""Lo que pasa con una cita: agendarla, moverla y verla entera; sus estados, en `status`."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from citas_service import agenda, models, write_queries
from citas_service.rows import AppointmentRow, SlotRow
from citas_service.schemas import APPOINTMENT_VERSION, AppointmentIn, AvailabilityIn
from citas_service.status import open_appointment
from common.auth_middleware import CurrentUser
from common.database import Database
from common.errors import Conflict, Problems
from common.web.schemas import Payload
from common.web.versions import Expected

MIN_LENGTH = timedelta(minutes=5)
MAX_LENGTH = timedelta(hours=8)
NOT_A_DOCTOR = "no existe, está inactivo o no es doctor"


def book(db: Session, body: AppointmentIn, *, user: CurrentUser) -> int:
    """Agenda una cita.

    :returns: su número.
    :raises Invalid: con todo lo que no sirve: el doctor, el paciente, la duración.
    :raises Conflict: `horario_ocupado` o `fuera_de_horario`.
    """
    problems = Problems()
    check_length(problems, body.start_time, body.end_time)
    lock_agendas(db, problems, body.doctor_id, body.patient_id)
    problems.refuse()
    check_free(db, body.start_time, body.end_time, body.doctor_id, body.patient_id)
    return write_queries.book(db, body.model_dump(), user_id=user.user_id)


def check_length(problems: Problems, start: datetime, end: datetime) -> None:
    """Comprueba que la cita dure entre 5 minutos y 8 horas."""
    if end <= start:
        problems.add("end_time", "debe ser posterior al inicio")
    elif not MIN_LENGTH <= end - start <= MAX_LENGTH:
        problems.add("end_time", "una cita dura entre 5 minutos y 8 horas")


def lock_agendas(db: Session, problems: Problems, doctor_id: int, patient_id: int) -> None:
    """Aparta la agenda del doctor y la del paciente, siempre en ese orden, hasta confirmar.

    Sin esto, dos reservas simultáneas del mismo turno se esperarían una a otra.
    """
    if not models.lock_doctor(db, doctor_id):
        problems.add("doctor_id", NOT_A_DOCTOR)
    if not models.lock_patient(db, patient_id):
        problems.add("patient_id", "no existe o está inactivo")


def check_free(
    db: Session,
    start: datetime,
    end: datetime,
    doctor_id: int,
    patient_id: int,
    exclude: int | None = None,
) -> None:
    """Comprueba que el doctor atienda y que nadie ocupe el horario.

    :raises Conflict: `horario_ocupado`, con la cita que choca, o `fuera_de_horario`.
    """
    slot = models.slot(db, start, end, doctor_id=doctor_id, patient_id=patient_id, exclude=exclude)
    if slot["conflicts"]:
        raise _occupied(slot["conflicts"], doctor_id)
    reasons = _objections(slot, start, end)
    if reasons:
        raise Conflict(" ".join(reasons), code="fuera_de_horario", errors={"start_time": reasons[0]})


def _occupied(taken: list[AppointmentRow], doctor_id: int) -> Conflict:
    whose = "El doctor" if taken[0]["doctor_id"] == doctor_id else "El paciente"
    message = f"{whose} ya tiene una cita en ese horario."
    data = {"conflict": taken[0], "conflicts": taken}
    return Conflict(message, code="horario_ocupado", errors={"start_time": message}, data=data)


def _objections(slot: SlotRow, start: datetime, end: datetime) -> list[str]:
    return agenda.objections(slot["working_hours"], slot["time_off"], start, end)


def availability(db: Database, body: AvailabilityIn) -> Payload:
    """Si se puede agendar con un doctor en un horario; si no, con qué choca y por qué.

    :raises Invalid: con todo lo que no sirve: el doctor, la duración, la cita que se excluye.
    """
    problems = Problems()
    check_length(problems, body.start_time, body.end_time)
    if not models.is_doctor(db, body.doctor_id):
        problems.add("doctor_id", NOT_A_DOCTOR)
    if body.exclude_appointment_id and not models.exists(db, body.exclude_appointment_id):
        problems.add("exclude_appointment_id", "no existe")
    problems.refuse()
    slot = models.slot(
        db, body.start_time, body.end_time, doctor_id=body.doctor_id, exclude=body.exclude_appointment_id
    )
    reasons = _objections(slot, body.start_time, body.end_time)
    if slot["conflicts"]:
        reasons.insert(0, "El doctor ya tiene una cita en ese horario.")
    return {"available": not reasons, "conflicts": slot["conflicts"], "reasons": reasons}


def reschedule(db: Session, appointment_id: int, changes: dict[str, Any], expected: Expected) -> None:
    """Cambia el doctor, el horario o el motivo de una cita.

    :raises Invalid: con todo lo que no sirve: el doctor, el paciente, la duración.
    :raises Conflict: `cita_cerrada`, `horario_ocupado` o `fuera_de_horario`.
    :raises PreconditionFailed: si cambió desde que el cliente la leyó.
    """
    appointment = open_appointment(db, appointment_id)
    expected.check(APPOINTMENT_VERSION, lambda: models.appointment(db, appointment_id))
    start = changes.get("start_time", appointment.start_time)
    end = changes.get("end_time", appointment.end_time)
    doctor_id = changes.get("doctor_id", appointment.doctor_id)
    if changes.keys() & {"start_time", "end_time", "doctor_id"}:
        problems = Problems()
        check_length(problems, start, end)
        lock_agendas(db, problems, doctor_id, appointment.patient_id)
        problems.refuse()
        check_free(db, start, end, doctor_id, appointment.patient_id, exclude=appointment_id)
    if changes:
        write_queries.change(db, appointment_id, changes)


def detailed(db: Database, appointment_id: int) -> Payload:
    """Una cita con lo que se hace en ella, sus totales en dólares sin IVA y su historia.

    :raises NotFound: si no existe.
    """
    appointment = models.detailed(db, appointment_id)
    treatments_total = sum(line["subtotal"] for line in appointment["treatments"])
    extras_total = sum(line["subtotal"] for line in appointment["extras"])
    return {
        **appointment,
        "treatments_total": treatments_total,
        "extras_total": extras_total,
        "total": treatments_total + extras_total,
    }
