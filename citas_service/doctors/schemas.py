"""Lo que el servicio de citas acepta y devuelve de los doctores: horarios, ausencias y turnos libres."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from citas_service.schemas import AppointmentOut
from common.web.clinic_fields import END_TIME, VISIT_REASON
from common.web.field_dates import Day, Hour, Instant
from common.web.field_numbers import WholeNumber
from common.web.field_texts import Reason
from common.web.field_words import Says
from common.web.schemas import DateRange, In, Out

# Lo que dicen estos campos, entren o salgan.
ABSENCE_END = Says(example="2026-12-31T18:00:00-05:00")
ABSENCE_START = Says(example="2026-12-24T08:00:00-05:00")
CLOSING_HOUR = Says(example="13:00")
OPENING_HOUR = Says(example="08:00")
WEEKDAY = Says("1 lunes … 7 domingo.", example=1)


class ScheduleQuery(DateRange):
    """Un día, o un rango de hasta 31 días, ambos incluidos."""

    date: Day | None = None
    slot_minutes: Annotated[int, WholeNumber(5, 480), Says("Cuánto dura cada turno, en minutos.")] = 30


class SpanIn(In):
    """Un lapso con inicio y fin."""

    def is_ordered(self) -> bool:
        """Si el fin es posterior al inicio."""
        values = self.model_dump()
        return bool(values["start"] < values["end"])


class IntervalIn(SpanIn):
    """Un intervalo del horario semanal, en hora de la clínica."""

    weekday: Annotated[int, Field(ge=1, le=7), WEEKDAY]
    start: Annotated[Hour, OPENING_HOUR]
    end: Annotated[Hour, CLOSING_HOUR]


class TimeOffIn(SpanIn):
    """Una ausencia."""

    start: Annotated[Instant, ABSENCE_START]
    end: Annotated[Instant, ABSENCE_END]
    reason: Annotated[Reason | None, VISIT_REASON] = None


class WorkingHoursIn(In):
    """El horario y las ausencias; cada lista que se envía reemplaza a la anterior."""

    working_hours: Annotated[list[IntervalIn], Field(max_length=70)] = []
    time_off: Annotated[list[TimeOffIn], Field(max_length=200)] = []


class DoctorOut(Out):
    """Un doctor."""

    doctor_id: int
    full_name: Annotated[str, Says(example="Luis Andrade")]


class IntervalOut(Out):
    """Un intervalo del horario semanal."""

    weekday: Annotated[int, WEEKDAY]
    start: Annotated[str, OPENING_HOUR]
    end: Annotated[str, CLOSING_HOUR]


class TimeOffOut(Out):
    """Una ausencia."""

    start: Annotated[datetime, ABSENCE_START]
    end: Annotated[datetime, ABSENCE_END]
    reason: Annotated[str | None, VISIT_REASON]


class WorkingHoursOut(Out):
    """El horario semanal y las ausencias de un doctor."""

    doctor_id: int
    working_hours: list[IntervalOut]
    time_off: list[TimeOffOut]


class SlotOut(Out):
    """Un turno que se puede agendar en este instante."""

    start_time: datetime
    end_time: Annotated[datetime, END_TIME]


class ScheduleOut(Out):
    """La agenda de un doctor en unos días."""

    doctor_id: int
    working_hours: list[IntervalOut]
    appointments: list[AppointmentOut]
    free_slots: list[SlotOut]
