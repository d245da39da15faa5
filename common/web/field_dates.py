"""Los tipos de campo que son tiempo: días e instantes de la clínica, y horas."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    WithJsonSchema,
)

from common.config import load_settings


def _day(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = date.min
        if 1900 <= day.year <= 2200:
            return day
    raise ValueError("debe ser una fecha AAAA-MM-DD que exista, de 1900 a 2200")


_YEARS = r"^(19\d\d|2[01]\d\d|2200)-"

Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": _YEARS}),
]

_ISO_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def _instant(value: Any) -> datetime:
    # Un datetime llega de otra parte del programa; de un cliente, siempre texto.
    try:
        matched = isinstance(value, str) and _ISO_INSTANT.fullmatch(value)
        instant = datetime.fromisoformat(value) if matched else value
        if isinstance(instant, datetime) and 1900 <= instant.year <= 2200:
            zone = instant.tzinfo or load_settings().clinic_timezone
            # En UTC: hay desfases que son ISO y que la base no admite.
            return instant.replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        pass
    raise ValueError("debe ser un instante ISO 8601, como 2026-11-23T09:00:00-05:00")


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _YEARS}),
]


def _hour(value: Any) -> time:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:00)?", value, re.ASCII):
        return time.fromisoformat(value)
    raise ValueError("debe ser una hora HH:MM de 00:00 a 23:59")


Hour = Annotated[
    time,
    BeforeValidator(_hour),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:00)?$"}),
]
