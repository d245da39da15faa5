"""Cómo se escribe JSON: decimales como números, instantes en la zona de la clínica."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import orjson

from common.utils import clinic_time


def to_json(value: Any) -> bytes:
    """El texto JSON de un valor."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # Hasta 15 cifras un doble guarda exactamente lo que se lee: 12345678901.23 sale igual.
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return clinic_time(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    raise TypeError(f"no se puede escribir en JSON: {type(value).__name__}")
