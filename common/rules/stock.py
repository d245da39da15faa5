"""La existencia: solo cambia con un movimiento escrito en la misma transacción.

Quien va a mover varios productos los bloquea antes, en orden de identificador: así dos visitas que usan
los mismos insumos se esperan en vez de bloquearse entre sí.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from operator import itemgetter
from typing import Any, TypedDict

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from common.database import fetch_all, write, write_rows
from common.errors import Conflict, invalid
from common.rules.money import MAX_TOTAL
from common.sql.statements import FixedQuery, FixedWrite, columns, given_rows, insert_rows, one_of_ids
from common.tables.base import table_of
from common.tables.inventario import Product, StockMovement

MILLESIMAL = Decimal("0.001")
# Lo más que cabe en una columna de cantidad.
MAX_STOCK = Decimal("99999999999.999")


@dataclass(frozen=True)
class Stocked:
    """Un producto bloqueado, con su existencia y su costo de este instante."""

    product_id: int
    name: str
    stock_quantity: Decimal
    cost_price: Decimal


@dataclass(frozen=True)
class Move:
    """Lo que entra o sale de un producto.

    :param quantity: con signo, en la unidad del producto; positiva entra.
    :param unit_cost: en dólares; si falta, el costo del producto en este instante.
    """

    product_id: int
    quantity: Decimal
    unit_cost: Decimal | None = None


class Written(TypedDict):
    """Un movimiento ya escrito; montos en dólares."""

    movement_id: int
    product_id: int
    quantity: Decimal
    balance_after: Decimal
    unit_cost: Decimal
    total_cost: Decimal


class Taken(Written):
    """Un movimiento con el nombre de su producto."""

    product_name: str


class Availability(TypedDict):
    """Cuánto se necesita de un producto, cuánto hay y cuánto falta."""

    product_id: int
    product_name: str
    required_quantity: Decimal
    stock_quantity: Decimal
    missing_quantity: Decimal
    is_available: bool


_products, _movements = table_of(Product), table_of(StockMovement)
_LOCKED = FixedQuery(
    Stocked,
    select(*columns(Stocked, _products))
    .where(one_of_ids(_products.c.product_id))
    .order_by(_products.c.product_id)
    # Sin exclusión de claves: una línea que nombra al producto no choca con quien lo mueve.
    .with_for_update(key_share=True),
)
_ORIGINS = ("appointment_id", "invoice_id", "credit_note_id", "note")
_LINE, _SHARED = ("product_id", "quantity", "balance_after", "unit_cost"), ("reason", "created_by", *_ORIGINS)
_WRITE = FixedWrite(
    insert_rows(_movements, *_LINE, shared=_SHARED).returning(*columns(Written, _movements)),
    returning=Written,
)
_given = given_rows(_products, "product_id", "stock_quantity")
_BALANCE = FixedWrite(
    update(_products)
    .where(_products.c.product_id == _given.c.product_id)
    .values(stock_quantity=_given.c.stock_quantity)
)


def lock_products(db: Session, product_ids: Collection[int]) -> dict[int, Stocked]:
    """Los productos, bloqueados hasta el fin de la transacción y con su existencia de este instante."""
    if not product_ids:
        return {}
    return {row.product_id: row for row in fetch_all(db, _LOCKED, ids=list(product_ids))}


def move(
    db: Session,
    products: Mapping[int, Stocked],
    moves: Sequence[Move],
    reason: str,
    *,
    user_id: int,
    **origin: Any,
) -> list[Written]:
    """Escribe unos movimientos y cambia la existencia de sus productos, ya bloqueados.

    :param origin: `appointment_id`, `invoice_id`, `credit_note_id` o `note`.
    :returns: cada movimiento, en el mismo orden.
    :raises Conflict: `stock_insuficiente` si la existencia quedaría bajo cero.
    :raises Invalid: si la existencia o el costo no caben en sus columnas.
    """
    if not moves:
        return []
    lines = list(_lines(products, moves))
    shared = {"reason": reason, "created_by": user_id, **dict.fromkeys(_ORIGINS), **origin}
    written = write_rows(db, _WRITE, lines, **shared)
    balances = {line["product_id"]: line["balance_after"] for line in lines}
    write(db, _BALANCE, product_id=list(balances), stock_quantity=list(balances.values()))
    return sorted(written, key=itemgetter("movement_id"))


def _lines(products: Mapping[int, Stocked], moves: Sequence[Move]) -> Iterator[dict[str, Any]]:
    """Las columnas de cada movimiento, con el saldo que va dejando."""
    balances = {product_id: product.stock_quantity for product_id, product in products.items()}
    for each in moves:
        product, former = products[each.product_id], balances[each.product_id]
        balance = balances[each.product_id] = former + each.quantity
        if balance < 0:
            raise insufficient([availability(product.product_id, product.name, former, -each.quantity)])
        cost = product.cost_price if each.unit_cost is None else each.unit_cost
        if balance > MAX_STOCK or abs(each.quantity * cost) > MAX_TOTAL:
            raise invalid("quantity", f"{product.name}: la existencia o su costo pasarían de lo que cabe")
        yield {
            "product_id": each.product_id,
            "quantity": each.quantity,
            "balance_after": balance,
            "unit_cost": cost,
        }


def take(
    db: Session, required: Mapping[int, Decimal], reason: str, *, user_id: int, **origin: Any
) -> list[Taken]:
    """Saca varios productos, o ninguno si alguno no alcanza.

    :param required: cuánto de cada producto, en su unidad.
    :param origin: `appointment_id` o `invoice_id`.
    :returns: cada movimiento con el nombre de su producto, en orden de producto.
    :raises Conflict: `stock_insuficiente` con todo lo que falta; no ha cambiado nada.
    """
    products = lock_available(db, required)
    moves = [Move(product_id, -required[product_id]) for product_id in products]
    written = move(db, products, moves, reason, user_id=user_id, **origin)
    return [{**row, "product_name": products[row["product_id"]].name} for row in written]


def lock_available(db: Session, required: Mapping[int, Decimal]) -> dict[int, Stocked]:
    """Los productos, bloqueados y con existencia para lo que se necesita de cada uno.

    :param required: cuánto de cada producto, en su unidad; negativo es lo que entra.
    :raises Conflict: `stock_insuficiente` con todo lo que falta.
    """
    products = lock_products(db, required)
    checked = [shortage(product, required[product_id]) for product_id, product in products.items()]
    missing = [item for item in checked if not item["is_available"]]
    if missing:
        raise insufficient(missing)
    return products


def shortage(product: Stocked, required: Decimal) -> Availability:
    """Cuánto se necesita de un producto bloqueado, cuánto hay y cuánto falta."""
    return availability(product.product_id, product.name, product.stock_quantity, required)


def availability(product_id: int, name: str, stock: Decimal, required: Decimal) -> Availability:
    """Si alcanza la existencia de un producto y, si no, cuánto falta."""
    missing = max(required - stock, Decimal(0))
    return {
        "product_id": product_id,
        "product_name": name,
        "required_quantity": required,
        "stock_quantity": stock,
        "missing_quantity": missing,
        "is_available": missing == 0,
    }


def round_quantity(quantity: Decimal) -> Decimal:
    """A la milésima, la mitad hacia arriba: lo que cabe en el kardex."""
    return quantity.quantize(MILLESIMAL, ROUND_HALF_UP)


def insufficient(items: list[Availability]) -> Conflict:
    """El 409 que nombra cada producto que falta y cuánto."""
    errors = [
        (
            "product_id",
            f"{item['product_name']}: se necesitan {item['required_quantity'].normalize():f}"
            f" y hay {item['stock_quantity'].normalize():f}",
        )
        for item in items
    ]
    names = ", ".join(item["product_name"] for item in items)
    return Conflict(
        f"No hay existencia suficiente de: {names}.",
        code="stock_insuficiente",
        errors=errors,
        data={"items": items},
    )
