"""Los horarios de los doctores: guardarlos y ver la agenda con sus turnos libres."""

from collections.abc import Sequence
from datetime import date, time
from typing import TypedDict

from sqlalchemy import delete
from sqlalchemy.orm import Session

from citas_service import agenda, models
from citas_service.doctors.schemas import IntervalIn, ScheduleQuery, SpanIn, WorkingHoursIn
from citas_service.models import RELEASED, DoctorSchedule, DoctorTimeOff
from citas_service.rows import IntervalRow, TimeOffRow
from common.database import Database
from common.errors import Problems, invalid
from common.utils import end_of_day, now, start_of_day
from common.web.schemas import Payload

MAX_DAYS = 31


class WorkingHours(TypedDict):
    """El horario semanal y las ausencias de un doctor."""

    doctor_id: int
    working_hours: list[IntervalRow]
    time_off: list[TimeOffRow]


def set_working_hours(db: Session, doctor_id: int, body: WorkingHoursIn) -> None:
    """Reemplaza el horario semanal, las ausencias, o ambos.

    :raises NotFound: si el doctor no existe.
    :raises Invalid: con cada intervalo que no sirve.
    """
    models.doctor(db, doctor_id)
    _check(body)
    models.lock_doctor(db, doctor_id)
    if "working_hours" in body.model_fields_set:
        db.execute(delete(DoctorSchedule).where(DoctorSchedule.doctor_id == doctor_id))
        db.add_all(
            DoctorSchedule(doctor_id=doctor_id, weekday=i.weekday, start_time=i.start, end_time=i.end)
            for i in body.working_hours
        )
    if "time_off" in body.model_fields_set:
        db.execute(delete(DoctorTimeOff).where(DoctorTimeOff.doctor_id == doctor_id))
        db.add_all(
            DoctorTimeOff(doctor_id=doctor_id, start_time=t.start, end_time=t.end, reason=t.reason)
            for t in body.time_off
        )
    db.flush()


def _check(body: WorkingHoursIn) -> None:
    problems = Problems()
    spans: dict[str, Sequence[SpanIn]] = {"working_hours": body.working_hours, "time_off": body.time_off}
    for name, items in spans.items():
        for number, item in enumerate(items):
            if not item.is_ordered():
                problems.add(f"{name}[{number}].end", "debe ser posterior al inicio")
    for number in _crossed(body.working_hours):
        problems.add(f"working_hours[{number}]", "se cruza con otro intervalo del mismo día")
    problems.refuse()


def _crossed(intervals: list[IntervalIn]) -> list[int]:
    """Los intervalos que empiezan antes de que acabe alguno anterior del mismo día."""
    ordered = sorted(
        ((i.weekday, i.start, i.end, number) for number, i in enumerate(intervals) if i.is_ordered())
    )
    until: dict[int, time] = {}
    found = []
    for weekday, start, end, number in ordered:
        latest = until.get(weekday, time.min)
        if start < latest:
            found.append(number)
        until[weekday] = max(latest, end)
    return found


def working_hours(db: Database, doctor_id: int) -> WorkingHours:
    """El horario semanal y las ausencias de un doctor.

    :raises NotFound: si el doctor no existe.
    """
    models.doctor(db, doctor_id)
    return {
        "doctor_id": doctor_id,
        "working_hours": models.working_hours(db, doctor_id),
        "time_off": models.time_off(db, doctor_id),
    }


def schedule(db: Database, doctor_id: int, query: ScheduleQuery) -> Payload:
    """La agenda de un doctor en unos días y los turnos que se pueden agendar ahora.

    :raises NotFound: si el doctor no existe.
    :raises Invalid: si el rango no sirve.
    """
    first, last = _range(query)
    configured = working_hours(db, doctor_id)
    hours, absences = configured["working_hours"], configured["time_off"]
    appointments = models.doctor_day(db, doctor_id, start_of_day(first), end_of_day(last))
    busy = [(a["start_time"], a["end_time"]) for a in appointments if a["status"] not in RELEASED]
    busy += [(absence["start"], absence["end"]) for absence in absences]
    spans = [span for day in agenda.days(first, last) for span in agenda.working_spans(hours, day)]
    free = agenda.free_slots(spans, busy, query.slot_minutes, now())
    return {
        "doctor_id": doctor_id,
        "working_hours": hours,
        "appointments": appointments,
        "free_slots": [{"start_time": start, "end_time": end} for start, end in free],
    }


def _range(query: ScheduleQuery) -> tuple[date, date]:
    if query.date is not None:
        if query.date_from is not None or query.date_to is not None:
            raise invalid("date", "no se combina con date_from ni date_to")
        return query.date, query.date
    if query.date_from is None or query.date_to is None:
        raise invalid("date", "indique date, o date_from y date_to")
    if not 0 <= (query.date_to - query.date_from).days < MAX_DAYS:
        raise invalid("date_to", f"el rango es de 1 a {MAX_DAYS} días, ambos incluidos")
    return query.date_from, query.date_to
