"""El motor de recetas: qué insumos necesita una visita, si los hay, consumirlos y devolverlos.

Una visita consume, por cada tratamiento, su receta por la cantidad de veces, más cada extra. Todo sale en
una sola transacción con el costo congelado, o no sale nada.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from common.rules.stock import lock_products, move, take
from common.tables.citas import AppointmentExtra, AppointmentTreatment
from common.tables.inventario import Product, StockMovement, TreatmentRecipe


def needs(db: Session, appointment_id: int) -> dict[int, Decimal]:
    """Cuánto necesita la visita de cada producto, en la unidad del producto."""
    by_recipe = (
        select(
            TreatmentRecipe.product_id,
            (AppointmentTreatment.quantity * TreatmentRecipe.quantity_needed).label("quantity"),
        )
        .join(TreatmentRecipe, TreatmentRecipe.treatment_id == AppointmentTreatment.treatment_id)
        .where(AppointmentTreatment.appointment_id == appointment_id)
    )
    by_extra = select(AppointmentExtra.product_id, AppointmentExtra.quantity).where(
        AppointmentExtra.appointment_id == appointment_id
    )
    lines = union_all(by_recipe, by_extra).subquery()
    # La receta por las veces puede dar seis decimales; la existencia lleva tres.
    total = func.round(func.sum(lines.c.quantity), 3)
    statement = select(lines.c.product_id, total).group_by(lines.c.product_id)
    return {product_id: quantity for product_id, quantity in db.execute(statement) if quantity > 0}


def consume(db: Session, appointment_id: int, *, user_id: int) -> list[dict[str, Any]]:
    """Descuenta los insumos de la visita; la cita ya está bloqueada por quien llama.

    :returns: lo consumido: producto, cantidad, costo unitario y total, en dólares.
    :raises Conflict: `stock_insuficiente` con todo lo que falta; no ha cambiado nada.
    """
    required = needs(db, appointment_id)
    taken = take(db, required, "CONSUMO", user_id=user_id, appointment_id=appointment_id)
    return [_consumption(product, movement) for product, movement in taken]


def _consumption(product: Product, movement: StockMovement) -> dict[str, Any]:
    return {
        "movement_id": movement.movement_id,
        "product_id": movement.product_id,
        "product_name": product.name,
        "quantity": -movement.quantity,
        "unit_cost": movement.unit_cost,
        "total_cost": -movement.total_cost,
        "balance_after": movement.balance_after,
    }


def restore(db: Session, *, user_id: int, **origin: int) -> list[StockMovement]:
    """Devuelve lo que una visita o factura sacó, al mismo costo con que salió.

    :param origin: `appointment_id` o `invoice_id`, uno de los dos.
    """
    ((column, value),) = origin.items()
    statement = (
        select(
            StockMovement.product_id,
            StockMovement.unit_cost,
            func.sum(StockMovement.quantity).label("quantity"),
        )
        .where(getattr(StockMovement, column) == value)
        .group_by(StockMovement.product_id, StockMovement.unit_cost)
        .having(func.sum(StockMovement.quantity) < 0)
        .order_by(StockMovement.product_id, StockMovement.unit_cost)
    )
    taken = db.execute(statement).all()
    products = lock_products(db, (row.product_id for row in taken))
    return [
        move(
            db,
            products[row.product_id],
            -row.quantity,
            "REVERSION",
            user_id=user_id,
            unit_cost=row.unit_cost,
            **origin,
        )
        for row in taken
    ]
