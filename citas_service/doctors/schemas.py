"""Lo que el servicio de citas acepta y devuelve de los doctores: horarios, ausencias y turnos libres."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from citas_service.schemas import AppointmentOut
from common.web.field_dates import Day, Hour, Instant
from common.web.field_numbers import WholeNumber
from common.web.field_texts import Reason
from common.web.schemas import DateRange, In, Out


class ScheduleQuery(DateRange):
    """Un día, o un rango de hasta 31 días, ambos incluidos."""

    date: Day | None = None
    slot_minutes: Annotated[int, WholeNumber(5, 480)] = 30


class SpanIn(In):
    """Un lapso con inicio y fin."""

    def is_ordered(self) -> bool:
        """Si el fin es posterior al inicio."""
        values = self.model_dump()
        return bool(values["start"] < values["end"])


class IntervalIn(SpanIn):
    """Un intervalo del horario semanal, en hora de la clínica."""

    weekday: Annotated[int, Field(ge=1, le=7, description="1 lunes … 7 domingo")]
    start: Hour
    end: Hour


class TimeOffIn(SpanIn):
    """Una ausencia."""

    start: Instant
    end: Instant
    reason: Reason | None = None


class WorkingHoursIn(In):
    """El horario y las ausencias; cada lista que se envía reemplaza a la anterior."""

    working_hours: Annotated[list[IntervalIn], Field(max_length=70)] = []
    time_off: Annotated[list[TimeOffIn], Field(max_length=200)] = []


class DoctorOut(Out):
    """Un doctor."""

    doctor_id: int
    full_name: str


class IntervalOut(Out):
    """Un intervalo del horario semanal."""

    weekday: int
    start: str
    end: str


class TimeOffOut(Out):
    """Una ausencia."""

    start: datetime
    end: datetime
    reason: str | None


class WorkingHoursOut(Out):
    """El horario semanal y las ausencias de un doctor."""

    doctor_id: int
    working_hours: list[IntervalOut]
    time_off: list[TimeOffOut]


class SlotOut(Out):
    """Un turno que se puede agendar en este instante."""

    start_time: datetime
    end_time: datetime


class ScheduleOut(Out):
    """La agenda de un doctor en unos días."""

    doctor_id: int
    working_hours: list[IntervalOut]
    appointments: list[AppointmentOut]
    free_slots: list[SlotOut]
