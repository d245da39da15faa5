"""Las líneas de una nota de crédito: cuánto de cada línea de la factura se devuelve y cuánto vale.

Lo que completa una línea, o la base de una tarifa, toma exactamente lo que quedaba de ella, y así ninguna
sucesión de notas devuelve un centavo de más ni de menos. El IVA de las demás es el de su base, salvo que eso
deje a la que complete a un centavo del suyo.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.errors import Problems, invalid
from common.rules.money import CENT, ZERO, Tax, cents_around, line_subtotal, round_cents
from facturacion_service.credit_notes.schemas import CreditItemIn

NONE = Decimal(0)
SPLIT = (
    "por los redondeos del IVA de una nota que se anuló, devuelva primero una parte y en otra nota el resto"
)


@dataclass(frozen=True)
class Sold:
    """Una línea de la factura y lo que queda de ella sin devolver."""

    item_id: int
    description: str
    unit_price: Decimal
    iva_rate: int
    subtotal: Decimal
    product_id: int | None
    quantity_left: Decimal
    value_left: Decimal


@dataclass(frozen=True)
class SoldTax:
    """La base y el IVA de una tarifa de la factura, y lo que sus notas vigentes ya devolvieron de ellos."""

    iva_rate: int
    base: Decimal
    iva: Decimal
    credited_base: Decimal
    credited_iva: Decimal


@dataclass(frozen=True)
class Credit:
    """Una línea de la nota: `subtotal` = cantidad × precio, al centavo, menos el descuento."""

    sold: Sold
    quantity: Decimal
    returned_quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    subtotal: Decimal


def chosen(problems: Problems, sold: Sequence[Sold], items: Sequence[CreditItemIn] | None) -> list[Credit]:
    """Lo que se devuelve de cada línea pedida, o de todas si no se pidió ninguna; anota lo que no sirve."""
    if items is None:
        return all_left(sold)
    by_id = {line.item_id: line for line in sold}
    credits, seen = [], set()
    for number, item in enumerate(items):
        line = by_id.get(item.item_id)
        if line is None:
            problems.add(f"items[{number}].item_id", "no es una línea de esta factura")
        elif item.item_id in seen:
            problems.add(f"items[{number}].item_id", "ya está en otra línea de esta nota")
        else:
            credits += _credit(problems, f"items[{number}]", line, item)
        seen.add(item.item_id)
    return credits


def all_left(sold: Iterable[Sold]) -> list[Credit]:
    """Todo lo que falta devolver; lo ya rebajado entero se queda con quien lo compró."""
    pending = (line for line in sold if line.value_left or not line.subtotal)
    return [credit for line in pending if (credit := rest(line)) is not None]


def _credit(problems: Problems, path: str, line: Sold, item: CreditItemIn) -> list[Credit]:
    if item.amount is not None:
        if item.amount > line.value_left:
            problems.add(f"{path}.amount", f"de esa línea quedan USD {line.value_left:.2f}")
        return [lowered(line, item.amount)]
    if item.quantity is not None:
        if item.quantity > line.quantity_left:
            problems.add(f"{path}.quantity", f"de esa línea quedan {line.quantity_left.normalize():f}")
            return []
        return [returned(line, item.quantity)]
    left = rest(line)
    if left is None:
        problems.add(f"{path}.item_id", "esa línea ya se devolvió entera")
    return [left] if left else []


def rest(line: Sold) -> Credit | None:
    """Lo que queda de una línea, si queda algo."""
    if line.quantity_left:
        return returned(line, line.quantity_left)
    # Se devolvió toda, pero a menos precio: la rebaja que había se anuló después.
    return lowered(line, line.value_left) if line.value_left else None


def lowered(line: Sold, amount: Decimal) -> Credit:
    """Una rebaja del precio, sin IVA: nada vuelve."""
    return Credit(line, Decimal(1), NONE, amount, ZERO, amount)


def returned(line: Sold, quantity: Decimal) -> Credit:
    """Una parte de la línea a su precio, con su parte de descuento y rebajas; la última, lo que queda."""
    subtotal = line.value_left if quantity == line.quantity_left else _part(line, quantity)
    price = line.unit_price
    if line_subtotal(quantity, price) < subtotal:
        # Los redondeos de las partes dejaron unos centavos más de los que da el precio.
        price = cents_around(subtotal / quantity)[1]
    discount = line_subtotal(quantity, price) - subtotal
    if discount > quantity * price:
        # No vale nada, y a su precio el descuento pasaría de lo que la línea vale sin redondear.
        price = discount = ZERO
    return Credit(line, quantity, quantity, price, discount, subtotal)


def _part(line: Sold, quantity: Decimal) -> Decimal:
    lowered_by = max(line_subtotal(line.quantity_left, line.unit_price) - line.value_left, ZERO)
    share = round_cents(lowered_by * quantity / line.quantity_left)
    return min(max(line_subtotal(quantity, line.unit_price) - share, ZERO), line.value_left)


def taxes(credits: Iterable[Credit], sold: Mapping[int, SoldTax]) -> tuple[Tax, ...]:
    """El IVA de la nota por tarifa; la que completa la base de una toma el que quedaba.

    :raises Invalid: si no se puede devolver en una sola nota lo que queda.
    """
    bases: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
    for credit in credits:
        bases[credit.sold.iva_rate] += credit.subtotal
    return tuple(Tax(rate, base, _iva(base, sold[rate])) for rate, base in sorted(bases.items()))


def _iva(base: Decimal, sold: SoldTax) -> Decimal:
    """El IVA de una base, sin apartarse de ella ni un centavo (error 52 del SRI).

    :raises Invalid: si por una nota de en medio que se anuló tendría que apartarse.
    """
    exact, left = base * sold.iva_rate / 100, sold.iva - sold.credited_iva
    low, high = cents_around(exact)
    left_exact = (sold.base - sold.credited_base) * sold.iva_rate / 100 - exact
    iva = _closest((round_cents(exact), low, high), left - left_exact) if left_exact else left
    if not low <= iva <= min(high, left):
        raise invalid("items", SPLIT)
    return iva


def _closest(ivas: Iterable[Decimal], target: Decimal) -> Decimal:
    """El primero que deja lo que queda a menos de un centavo de su exacto, o el que menos lo aparta.

    Si ya estaba a menos de un centavo, uno de los dos centavos de la nota lo deja igual: solo puede no
    haberlo si se anuló una nota de en medio.

    :param target: el IVA que dejaría lo que queda en su exacto.
    """

    def excess(iva: Decimal) -> Decimal:
        away = abs(target - iva)
        return away if away >= CENT else ZERO

    return min(ivas, key=excess)


def returned_products(credits: Iterable[Credit]) -> dict[int, Decimal]:
    """Cuánto de cada producto devuelven unas líneas, en su unidad."""
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    for credit in credits:
        if credit.sold.product_id is not None and credit.returned_quantity:
            found[credit.sold.product_id] += credit.returned_quantity
    return dict(found)
