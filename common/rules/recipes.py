"""El motor de recetas: qué insumos necesita una visita, si los hay, consumirlos y devolverlos.

Una visita consume, por cada tratamiento, su receta por la cantidad de veces, más cada extra. Todo sale en
una sola transacción con el costo congelado, o no sale nada.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypedDict

from sqlalchemy import bindparam, func, select, union_all
from sqlalchemy.orm import Session

from common.database import fetch_all
from common.rules.stock import Move, Taken, lock_available, move, take
from common.sql.statements import FixedQuery, columns
from common.tables.citas import AppointmentExtra, AppointmentTreatment
from common.tables.inventario import StockMovement, TreatmentRecipe


class Need(TypedDict):
    """Cuánto necesita una visita de un producto, en la unidad del producto."""

    product_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Moved:
    """Lo que queda movido de un producto a un costo: negativo salió, positivo entró."""

    product_id: int
    unit_cost: Decimal
    quantity: Decimal


_BY_RECIPE = (
    select(
        TreatmentRecipe.product_id,
        (AppointmentTreatment.quantity * TreatmentRecipe.quantity_needed).label("quantity"),
    )
    .join(TreatmentRecipe, TreatmentRecipe.treatment_id == AppointmentTreatment.treatment_id)
    .where(AppointmentTreatment.appointment_id == bindparam("appointment_id"))
)
_BY_EXTRA = select(AppointmentExtra.product_id, AppointmentExtra.quantity).where(
    AppointmentExtra.appointment_id == bindparam("appointment_id")
)
_lines = union_all(_BY_RECIPE, _BY_EXTRA).subquery()
# La receta por las veces puede dar seis decimales; la existencia lleva tres.
_total = func.round(func.sum(_lines.c.quantity), 3).label("quantity")
_NEEDS = FixedQuery(Need, select(_lines.c.product_id, _total).group_by(_lines.c.product_id))

_left = func.sum(StockMovement.quantity)
_MOVED = {
    origin: FixedQuery(
        Moved,
        select(*columns(Moved, StockMovement, quantity=_left))
        .where(getattr(StockMovement, origin) == bindparam(origin))
        .group_by(StockMovement.product_id, StockMovement.unit_cost)
        .having(_left != 0)
        .order_by(StockMovement.product_id, StockMovement.unit_cost),
    )
    for origin in ("appointment_id", "invoice_id", "credit_note_id")
}


def needs(db: Session, appointment_id: int) -> dict[int, Decimal]:
    """Cuánto necesita la visita de cada producto, en la unidad del producto."""
    rows = fetch_all(db, _NEEDS, appointment_id=appointment_id)
    return {row["product_id"]: row["quantity"] for row in rows if row["quantity"] > 0}


def consume(db: Session, appointment_id: int, *, user_id: int) -> list[Taken]:
    """Descuenta los insumos de la visita; la cita ya está bloqueada por quien llama.

    :returns: lo consumido: producto, cantidad, costo unitario y total, en dólares.
    :raises Conflict: `stock_insuficiente` con todo lo que falta; no ha cambiado nada.
    """
    required = needs(db, appointment_id)
    taken = take(db, required, "CONSUMO", user_id=user_id, appointment_id=appointment_id)
    return [{**row, "quantity": -row["quantity"], "total_cost": -row["total_cost"]} for row in taken]


def moved(db: Session, **origin: int) -> list[Moved]:
    """Lo que una visita, factura o nota de crédito movió y no se ha deshecho, por producto y costo.

    :param origin: `appointment_id`, `invoice_id` o `credit_note_id`, uno de los tres.
    """
    (name,) = origin
    return fetch_all(db, _MOVED[name], **origin)


def restore(db: Session, *, user_id: int, **origin: int) -> None:
    """Devuelve lo que una visita o factura sacó, al mismo costo con que salió.

    :param origin: `appointment_id` o `invoice_id`, uno de los dos.
    """
    taken = [row for row in moved(db, **origin) if row.quantity < 0]
    undo(db, taken, "REVERSION", user_id=user_id, **origin)


def undo(db: Session, rows: list[Moved], reason: str, *, user_id: int, **origin: Any) -> None:
    """Escribe el movimiento contrario de cada uno, al mismo costo.

    :raises Conflict: `stock_insuficiente` si lo que entró ya no está; no ha cambiado nada.
    """
    required: defaultdict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        required[row.product_id] += row.quantity
    products = lock_available(db, required)
    moves = [Move(row.product_id, -row.quantity, row.unit_cost) for row in rows]
    move(db, products, moves, reason, user_id=user_id, **origin)


def some_of(rows: list[Moved], quantities: Mapping[int, Decimal]) -> list[Moved]:
    """De lo que salió, lo que cabe en unas cantidades por producto; de lo demás, nada."""
    left = dict(quantities)
    chosen = []
    for row in rows:
        part = min(-row.quantity, left.get(row.product_id, Decimal(0)))
        if part > 0:
            left[row.product_id] -= part
            chosen.append(replace(row, quantity=-part))
    return chosen
