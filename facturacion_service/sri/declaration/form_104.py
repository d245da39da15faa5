"""Las ventas del formulario 104, la declaración mensual del IVA: qué dice cada casilla.

Los montos son dólares. El SRI no admite un neto negativo: si las notas de crédito pasan de las ventas, el
exceso se lleva al mes siguiente, y eso lo decide quien declara; aquí el neto sale con su signo.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.rules.money import ZERO, round_cents
from facturacion_service.sri.xml.codes import IVA_CODES


@dataclass(frozen=True)
class Row:
    """Una fila del formulario y sus casillas: valor bruto, neto de notas de crédito e impuesto generado."""

    description: str
    gross: str | None = None
    net: str | None = None
    tax: str | None = None


TAXED = Row("Ventas locales (excluye activos fijos) gravadas tarifa diferente de cero", "401", "411", "421")
TO_PAY = Row(
    "IVA generado en la diferencia entre ventas y notas de crédito con distinta tarifa (ajuste a pagar)",
    tax="423",
)
IN_FAVOUR = Row(
    "IVA generado en la diferencia entre ventas y notas de crédito con distinta tarifa (ajuste a favor)",
    tax="424",
)
# Los servicios de salud: no dan derecho a recuperar el IVA de lo que la clínica compra (LRTI, art. 56 y 66).
ZERO_RATED = Row(
    "Ventas locales (excluye activos fijos) gravadas tarifa 0 % que no dan derecho a crédito tributario",
    "403",
    "413",
)
ZERO_WITH_CREDIT = Row(
    "Ventas locales (excluye activos fijos) gravadas tarifa 0 % que dan derecho a crédito tributario",
    "405",
    "415",
)
TOTAL = Row("Total ventas y otras operaciones", "409", "419", "429")
NOT_SUBJECT = Row("Transferencias no objeto o exentas de IVA", "431", "441")

# En el orden del formulario.
ROWS = (TAXED, TO_PAY, IN_FAVOUR, ZERO_RATED, ZERO_WITH_CREDIT, TOTAL, NOT_SUBJECT)
# Las que suma el total, y con qué signo va su impuesto.
ADDED = ((TAXED, 1), (TO_PAY, 1), (IN_FAVOUR, -1), (ZERO_RATED, 1), (ZERO_WITH_CREDIT, 1))


# La fila de las ventas a cada tarifa, en por ciento, que una clínica pudo o puede cobrar. Una nueva es otra
# línea; desde y hasta cuándo rige lo dicen los códigos de IVA.
RATES = {0: ZERO_RATED, 12: TAXED, 14: TAXED, 15: TAXED}


@dataclass(frozen=True)
class RateTotal:
    """Lo facturado, o lo acreditado, a una tarifa un día: base e IVA de los documentos, en dólares.

    :param count: cuántos documentos.
    """

    rate: int
    on: date
    base: Decimal
    iva: Decimal
    count: int = 1


@dataclass(frozen=True)
class Box:
    """Una casilla, con la descripción de su fila y su columna, y su valor en dólares."""

    box: str
    description: str
    value: Decimal


def rates_in_force(on: date) -> tuple[int, ...]:
    """Las tarifas, en por ciento, que rigen ese día."""
    in_force = {iva.rate for iva in IVA_CODES.values() if iva.is_in_force(on)}
    return tuple(rate for rate in RATES if rate in in_force)


def fill(sales: Iterable[RateTotal], credits: Iterable[RateTotal]) -> list[Box]:
    """Las casillas de un período, todas y en el orden del formulario.

    El impuesto de una nota de crédito a una tarifa que ya no rige va en dos partes, como lo pide el
    formulario: lo que sería a la tarifa del día resta de la 421, y la diferencia va a la 423 o a la 424.
    """
    values: defaultdict[str | None, Decimal] = defaultdict(lambda: ZERO)
    for sale in sales:
        row = _row(sale)
        for box, amount in ((row.gross, sale.base), (row.net, sale.base), (row.tax, sale.iva)):
            values[box] += amount
    for credit in credits:
        row, iva = _row(credit), _iva_of_the_day(credit)
        values[row.net] -= credit.base
        values[row.tax] -= iva
        values[TO_PAY.tax] += max(iva - credit.iva, ZERO)
        values[IN_FAVOUR.tax] += max(credit.iva - iva, ZERO)
    _add_up(values)
    return [Box(box, text, values[box]) for row in ROWS for box, text in _boxes(row)]


def _row(total: RateTotal) -> Row:
    """Su fila; una tarifa que ese día no regía también es «diferente de cero»."""
    return RATES[total.rate] if total.rate in rates_in_force(total.on) else TAXED


def _iva_of_the_day(credit: RateTotal) -> Decimal:
    """El IVA de lo acreditado a la tarifa general del día; el de la nota, si la suya aún rige."""
    in_force = rates_in_force(credit.on)
    return credit.iva if credit.rate in in_force else round_cents(credit.base * max(in_force) / 100)


def _add_up(values: defaultdict[str | None, Decimal]) -> None:
    for row, sign in ADDED:
        values[TOTAL.gross] += values[row.gross] if row.gross else ZERO
        values[TOTAL.net] += values[row.net] if row.net else ZERO
        values[TOTAL.tax] += sign * values[row.tax] if row.tax else ZERO


def _boxes(row: Row) -> list[tuple[str, str]]:
    columns = ((row.gross, "valor bruto"), (row.net, "valor neto"), (row.tax, "impuesto generado"))
    return [(box, f"{row.description}: {column}") for box, column in columns if box is not None]
