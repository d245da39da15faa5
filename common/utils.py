"""Lo que usan varios servicios y no tiene cuarto propio: el reloj de la clínica."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta

from common.config import load_settings

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """El instante actual, con zona (UTC)."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def clock_at(instant: datetime) -> Iterator[None]:
    """Detiene el reloj en `instant`: para sembrar historia y para probar plazos."""
    token = _frozen.set(instant)
    try:
        yield
    finally:
        _frozen.reset(token)


def clinic_time(instant: datetime) -> datetime:
    """El mismo instante en la zona de la clínica (`CLINIC_TIMEZONE`)."""
    return instant.astimezone(load_settings().clinic_timezone)


def clinic_today() -> date:
    """El día que es hoy en la clínica."""
    return clinic_time(now()).date()


def start_of_day(day: date) -> datetime:
    """El primer instante de un día de la clínica."""
    return datetime.combine(day, time.min, tzinfo=load_settings().clinic_timezone)


def end_of_day(day: date) -> datetime:
    """El primer instante que ya no pertenece al día."""
    return start_of_day(day + timedelta(days=1))


def timezone_name() -> str:
    """El nombre de la zona de la clínica, para usarlo en SQL."""
    return str(load_settings().clinic_timezone)
