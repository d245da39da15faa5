"""Los tipos de los campos: números exactos, textos limpios, fechas e instantes, en cuerpos y direcciones."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from annotated_types import Ge, GroupedMetadata, Le
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from common.config import load_settings
from common.validators import phone

MAX_ID = 2**31 - 1


# Un precio por una cantidad cabe siempre en la base y, en JSON, en las cifras exactas de un doble.
MAX_PRICE = Decimal("999999.99")
MAX_AMOUNT = Decimal("99999999.99")
MAX_QUANTITY = Decimal("999999.999")


def _number(decimals: int, *, low: Decimal | None, high: Decimal) -> Any:
    """Un número JSON como decimal exacto: ni texto, ni NaN, ni más decimales de los que caben."""

    def parse(value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError("debe ser un número")
        try:
            # El texto más corto que representa al número es el que escribió el cliente.
            number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        except InvalidOperation as error:
            raise ValueError("debe ser un número") from error
        return _in_range(number, decimals, low, high)

    return BeforeValidator(parse)


def _in_range(number: Decimal, decimals: int, low: Decimal | None, high: Decimal) -> Decimal:
    if not number.is_finite() or abs(number) > high:
        raise ValueError(f"debe estar entre {-high if low is None else low} y {high}")
    if low is not None and number < low:
        raise ValueError(f"debe ser {low} o mayor")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        raise ValueError(f"admite hasta {decimals} decimales")
    return number.quantize(Decimal(1).scaleb(-decimals))


def _schema(low: Decimal | None, high: Decimal, decimals: int) -> WithJsonSchema:
    limits: dict[str, Any] = {"type": "number", "maximum": float(high)}
    limits["minimum"] = float(low if low is not None else -high)
    limits["multipleOf"] = float(Decimal(1).scaleb(-decimals))
    limits["description"] = f"Hasta {decimals} decimales."
    return WithJsonSchema(limits)


@dataclass(frozen=True)
class Amount(GroupedMetadata):
    """Un número JSON con hasta `decimals` decimales, entre `low` y `high`, como decimal exacto."""

    decimals: int
    high: Decimal
    low: Decimal | None = Decimal(0)

    def __iter__(self) -> Iterator[Any]:
        """Las reglas que pydantic aplica."""
        yield _number(self.decimals, low=self.low, high=self.high)
        yield _schema(self.low, self.high, self.decimals)


Price = Annotated[Decimal, Amount(2, MAX_PRICE)]

PositiveAmount = Annotated[Decimal, Amount(2, MAX_AMOUNT, Decimal("0.01"))]

NonNegativeQuantity = Annotated[Decimal, Amount(3, MAX_QUANTITY)]

PositiveQuantity = Annotated[Decimal, Amount(3, MAX_QUANTITY, Decimal("0.001"))]

SignedQuantity = Annotated[Decimal, Amount(3, MAX_QUANTITY, None)]


# En las respuestas los montos y cantidades son números JSON.
Number = Annotated[Decimal, WithJsonSchema({"type": "number"})]


def _not_a_boolean(value: Any) -> Any:
    # En Python False es 0: sin esto pasaría por una tarifa.
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("debe ser un número entero")
    return value


IvaRate = Annotated[
    Literal[0, 15],
    BeforeValidator(_not_a_boolean),
    Field(description="Tarifa de IVA, en por ciento."),
]

Id = Annotated[int, Field(gt=0, le=MAX_ID)]


# Además de los de control, los que no se ven o invierten el texto: con ellos dos nombres distintos se
# leen iguales. Los que unen emojis y letras se admiten.
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Co"}

_JOINERS = "\u200c\u200d"

# Lo publicado: algo visible, sin caracteres de control dentro; los espacios de los lados se quitan.
_VISIBLE = r"^\s*[^\s\x00-\x1f\x7f-\x9f]"
_LINE_PATTERN = _VISIBLE + r"[^\x00-\x1f\x7f-\x9f]*\s*$"
_LINES_PATTERN = _VISIBLE + r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*\s*$"
_SEARCH_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"


def published(pattern: str) -> Any:
    """El patrón va solo en el esquema: quien no lo cumple merece una frase y no «no tiene el formato»."""
    return Field(json_schema_extra={"pattern": pattern})


def _clean(value: str) -> str:
    text = unicodedata.normalize("NFC", value)
    if any(unicodedata.category(c) in _INVISIBLE and c not in "\n\r\t" + _JOINERS for c in text):
        raise ValueError("tiene caracteres invisibles o de control que no se admiten")
    if text and not text.strip(_JOINERS):
        raise ValueError("no puede estar vacío")
    return text


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value or "\t" in value:
        raise ValueError("debe ser una sola línea")
    return value


def _at_most(limit: int) -> Any:
    """El límite se mide como llega, antes de quitar los espacios: así es el que se publica."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > limit:
            raise ValueError(f"admite hasta {limit} caracteres")
        return value

    return BeforeValidator(check)


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """Un texto sin espacios a los lados, de 1 a `limit` caracteres, de una línea o de varias."""

    limit: int
    lines: bool = False

    def __iter__(self) -> Iterator[Any]:
        """Las reglas que pydantic aplica."""
        yield StringConstraints(strip_whitespace=True, min_length=1, max_length=self.limit)
        yield _at_most(self.limit)
        yield AfterValidator(_clean)
        if not self.lines:
            yield AfterValidator(_one_line)
        yield published(_LINES_PATTERN if self.lines else _LINE_PATTERN)


Code = Annotated[str, Text(50)]

Line = Annotated[str, Text(200)]

Reason = Annotated[str, Text(500, lines=True)]

Paragraph = Annotated[str, Text(10_000, lines=True)]

Phone = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(phone),
    published(r"^[\s().-]*\+?[\s().-]*([0-9][\s().-]*){7,15}$"),
]


_EMAIL_PATTERN = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"

_EMAIL = re.compile(_EMAIL_PATTERN)


def _email(value: str) -> str:
    address = value.strip().lower()
    if len(value) > 254 or not _EMAIL.fullmatch(address) or ".." in address:
        raise ValueError("no es un correo electrónico válido")
    return address


Email = Annotated[
    str,
    AfterValidator(_email),
    WithJsonSchema(
        # Sin `format`: los espacios de los lados se quitan, y él no los admite.
        {"type": "string", "pattern": rf"^\s*{_EMAIL_PATTERN}\s*$", "maxLength": 254}
    ),
]


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


def _whole(value: Any) -> int:
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"\d{1,10}", value, re.ASCII)):
        return int(value)
    raise ValueError("debe ser un número entero")


def _yes_no(value: Any) -> bool:
    if value in (True, False):
        return bool(value)
    if value in ("true", "1", "false", "0"):
        return value in ("true", "1")
    raise ValueError("debe ser true o false")


def _decimal_text(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}(\.\d+)?", value, re.ASCII):
        return Decimal(value)
    return value


QueryQuantity = Annotated[Decimal, Amount(3, MAX_QUANTITY, Decimal("0.001")), BeforeValidator(_decimal_text)]


@dataclass(frozen=True)
class Whole(GroupedMetadata):
    """Un entero escrito en la dirección, de `low` a `high`."""

    low: int
    high: int

    def __iter__(self) -> Iterator[Any]:
        """Las reglas que pydantic aplica; los límites antes, para que se publiquen en el esquema."""
        yield Ge(self.low)
        yield Le(self.high)
        yield BeforeValidator(_whole)


QueryId = Annotated[int, Whole(1, MAX_ID)]

QueryBool = Annotated[bool, BeforeValidator(_yes_no), WithJsonSchema({"type": "boolean"})]

Search = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    _at_most(100),
    AfterValidator(_clean),
    published(_SEARCH_PATTERN),
]


# Un filtro que se compara entero: vacío no es «todos», es un error.
Filter = Line
