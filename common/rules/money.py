"""El dinero: un solo redondeo (al centavo, la mitad hacia arriba) y el IVA por tarifa.

El IVA se calcula sobre la suma de las bases de cada tarifa, no línea por línea (ficha técnica SRI 2.34,
tabla 21).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# Lo más que cabe en una columna de dinero.
MAX_TOTAL = Decimal("999999999999.99")


@dataclass(frozen=True)
class Tax:
    """El IVA de una tarifa en un documento; montos en dólares, tarifa en por ciento."""

    iva_rate: int
    base: Decimal
    iva: Decimal


@dataclass(frozen=True)
class Totals:
    """Los totales de un documento, en dólares."""

    subtotal: Decimal
    discount: Decimal
    iva_amount: Decimal
    total_amount: Decimal
    taxes: tuple[Tax, ...]


def round_cents(amount: Decimal) -> Decimal:
    """Al centavo, la mitad hacia arriba: 0.165 → 0.17."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def cents_around(amount: Decimal) -> tuple[Decimal, Decimal]:
    """Los centavos entre los que cae un monto: 0.165 → (0.16, 0.17); iguales si es exacto."""
    return amount.quantize(CENT, ROUND_FLOOR), amount.quantize(CENT, ROUND_CEILING)


def line_subtotal(quantity: Decimal, unit_price: Decimal, discount: Decimal = ZERO) -> Decimal:
    """Cantidad por precio, al centavo, menos el descuento; en dólares, sin IVA."""
    return round_cents(quantity * unit_price) - discount


def totals(lines: Iterable[tuple[int, Decimal, Decimal]]) -> Totals:
    """Los totales de unas líneas `(tarifa, subtotal, descuento)`."""
    bases: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
    discount = ZERO
    for iva_rate, subtotal, line_discount in lines:
        bases[iva_rate] += subtotal
        discount += line_discount
    taxes = tuple(Tax(rate, base, round_cents(base * rate / 100)) for rate, base in sorted(bases.items()))
    subtotal = sum((tax.base for tax in taxes), ZERO)
    iva = sum((tax.iva for tax in taxes), ZERO)
    return Totals(subtotal, discount, iva, subtotal + iva, taxes)
