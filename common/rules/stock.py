"""La existencia: solo cambia con un movimiento escrito en la misma transacción.

Quien va a mover varios productos los bloquea antes, en orden de identificador: así dos visitas que usan
los mismos insumos se esperan en vez de bloquearse entre sí.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from common.errors import Conflict, invalid
from common.rules.money import MAX_TOTAL
from common.tables.inventario import Product, StockMovement

MILLESIMAL = Decimal("0.001")
# Lo más que cabe en una columna de cantidad.
MAX_STOCK = Decimal("99999999999.999")


def lock_products(db: Session, product_ids: Iterable[int]) -> dict[int, Product]:
    """Los productos, bloqueados hasta el fin de la transacción y con su existencia de este instante."""
    statement = (
        select(Product)
        .where(Product.product_id.in_(sorted(set(product_ids))))
        .order_by(Product.product_id)
        # Sin exclusión de claves: una línea que nombra al producto no choca con quien lo mueve.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {product.product_id: product for product in db.scalars(statement)}


def move(
    db: Session,
    product: Product,
    quantity: Decimal,
    reason: str,
    *,
    user_id: int,
    unit_cost: Decimal | None = None,
    **origin: Any,
) -> StockMovement:
    """Escribe un movimiento y cambia la existencia de un producto ya bloqueado.

    :param quantity: con signo, en la unidad del producto; positiva entra.
    :param unit_cost: en dólares; si falta, el costo del producto en este instante.
    :param origin: `appointment_id`, `invoice_id`, `credit_note_id` o `note`.
    :raises Conflict: `stock_insuficiente` si la existencia quedaría bajo cero.
    :raises Invalid: si la existencia o el costo no caben en sus columnas.
    """
    balance = product.stock_quantity + quantity
    if balance < 0:
        raise insufficient([shortage(product, -quantity)])
    cost = product.cost_price if unit_cost is None else unit_cost
    if balance > MAX_STOCK or abs(quantity * cost) > MAX_TOTAL:
        raise invalid("quantity", f"{product.name}: la existencia o su costo pasarían de lo que cabe")
    product.stock_quantity = balance
    movement = StockMovement(
        product_id=product.product_id,
        quantity=quantity,
        balance_after=balance,
        unit_cost=cost,
        reason=reason,
        created_by=user_id,
        **origin,
    )
    db.add(movement)
    db.flush()
    return movement


def take(
    db: Session, required: Mapping[int, Decimal], reason: str, *, user_id: int, **origin: Any
) -> list[tuple[Product, StockMovement]]:
    """Saca varios productos, o ninguno si alguno no alcanza.

    :param required: cuánto de cada producto, en su unidad.
    :param origin: `appointment_id` o `invoice_id`.
    :raises Conflict: `stock_insuficiente` con todo lo que falta; no ha cambiado nada.
    """
    products = lock_available(db, required)
    return [
        (product, move(db, product, -required[product_id], reason, user_id=user_id, **origin))
        for product_id, product in products.items()
    ]


def lock_available(db: Session, required: Mapping[int, Decimal]) -> dict[int, Product]:
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


def shortage(product: Product, required: Decimal) -> dict[str, Any]:
    """Cuánto se necesita de un producto bloqueado, cuánto hay y cuánto falta."""
    return availability(product.product_id, product.name, product.stock_quantity, required)


def availability(product_id: int, name: str, stock: Decimal, required: Decimal) -> dict[str, Any]:
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


def insufficient(items: list[dict[str, Any]]) -> Conflict:
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
