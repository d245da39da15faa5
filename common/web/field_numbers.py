"""Los tipos de campo que son números: montos y cantidades exactos, enteros, y sus formas en una dirección."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from annotated_types import Ge, GroupedMetadata, Le
from pydantic import (
    BeforeValidator,
    Field,
    WithJsonSchema,
)

from common.web.field_words import Says

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
    # Comparar es exacto; cualquier cuenta con un exponente desmedido falla o lo redondea a cero.
    if not (number.is_finite() and -high <= number <= high):
        raise ValueError(f"debe estar entre {-high if low is None else low} y {high}")
    if low is not None and number < low:
        raise ValueError(f"debe ser {low} o mayor")
    kept = number.quantize(Decimal(1).scaleb(-decimals))
    if kept != number:
        raise ValueError(f"admite hasta {decimals} decimales")
    return kept


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


IVA_RATE = Says("Tarifa de IVA, en por ciento.", example=15)

IvaRate = Annotated[Literal[0, 15], BeforeValidator(_not_a_boolean), IVA_RATE]

Id = Annotated[int, Field(gt=0, le=MAX_ID)]


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
class WholeNumber(GroupedMetadata):
    """Un entero escrito en la dirección, de `low` a `high`."""

    low: int
    high: int

    def __iter__(self) -> Iterator[Any]:
        """Las reglas que pydantic aplica; los límites antes, para que se publiquen en el esquema."""
        yield Ge(self.low)
        yield Le(self.high)
        yield BeforeValidator(_whole)


QueryId = Annotated[int, WholeNumber(1, MAX_ID)]

QueryBool = Annotated[bool, BeforeValidator(_yes_no), WithJsonSchema({"type": "boolean"})]
