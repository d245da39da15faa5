"""La rentabilidad por tratamiento y por categoría: a qué grupo va cada línea facturada y cada costo.

El costo de un insumo de una visita se reparte entre lo que lo usó (cada tratamiento por su receta, y los
extras) en proporción a la cantidad; los centavos que no se dejan partir van al que más usó.
"""

from typing import Any

from sqlalchemy import Integer, Select, Subquery, case, cast, func, null, select, union_all

from common.database import Database, fetch_all
from common.tables.citas import AppointmentExtra, AppointmentTreatment
from common.tables.facturacion import Invoice
from common.tables.inventario import COST_REASONS, Product, StockMovement, Treatment, TreatmentRecipe
from facturacion_service.models import counts
from facturacion_service.models_expenses import expense_totals
from facturacion_service.models_income import lines
from facturacion_service.periods import Period

# De un tratamiento, su categoría aunque esté vacía; de lo demás, la del producto.
_CATEGORY = case((Treatment.treatment_id.is_not(None), Treatment.category), else_=Product.category)

# grupo → la clave y el nombre de una fila
GROUPS: dict[str, tuple[Any, Any]] = {
    "treatment": (Treatment.treatment_id, Treatment.name),
    "category": (_CATEGORY, _CATEGORY),
}


def rows(db: Database, period: Period, group_by: str) -> list[dict[str, Any]]:
    """Lo que facturó, costó y gastó cada grupo, en filas que se juntan por su clave."""
    return _income(db, period, group_by) + _costs(db, period, group_by) + _expenses(db, period)


def _grouped(group_by: str, *sums: Any) -> Select[*tuple[Any, ...]]:
    group, label = GROUPS[group_by]
    return select(group.label("key"), label.label("label"), *sums).group_by("key", "label")


def _income(db: Database, period: Period, group_by: str) -> list[dict[str, Any]]:
    """Lo facturado a cada grupo menos lo devuelto, línea por línea y sin IVA."""
    line = lines(period).c
    sold = func.sum(case((line.treatment_id.is_not(None), line.quantity), else_=0))
    statement = (
        _grouped(
            group_by,
            func.sum(line.subtotal).label("income"),
            func.count(line.invoice_id.distinct()).label("invoice_count"),
            sold.label("treatments_sold"),
        )
        .outerjoin(Treatment, Treatment.treatment_id == line.treatment_id)
        .outerjoin(Product, Product.product_id == line.product_id)
    )
    return fetch_all(db, statement)


def _costs(db: Database, period: Period, group_by: str) -> list[dict[str, Any]]:
    """Lo que costó lo consumido y vendido de cada grupo, a su costo congelado, menos lo devuelto."""
    parts = _parts(period)
    whole = func.sum(parts.c.part).over(partition_by=parts.c.movement_id)
    rounded = parts.c.part + case((parts.c.place == 1, parts.c.cost - whole), else_=0)
    split = select(parts, rounded.label("amount")).subquery("split")
    statement = (
        _grouped(group_by, func.sum(split.c.amount).label("cost_of_goods"))
        .select_from(split)
        .outerjoin(Treatment, Treatment.treatment_id == split.c.treatment_id)
        .join(Product, Product.product_id == split.c.product_id)
    )
    return fetch_all(db, statement)


def _parts(period: Period) -> Subquery:
    """Cada costo, en una fila por cada cosa de la visita que usó ese insumo, cortado al centavo."""
    uses = _uses(period)
    cost, weight = -StockMovement.total_cost, func.coalesce(uses.c.weight, 1)
    same = StockMovement.movement_id
    biggest = [weight.desc(), uses.c.treatment_id]
    statement = select(
        StockMovement.movement_id,
        StockMovement.product_id,
        uses.c.treatment_id,
        cost.label("cost"),
        func.trunc(cost * weight / func.sum(weight).over(partition_by=same), 2).label("part"),
        func.row_number().over(partition_by=same, order_by=biggest).label("place"),
    ).outerjoin(
        uses,
        (uses.c.appointment_id == StockMovement.appointment_id)
        & (uses.c.product_id == StockMovement.product_id),
    )
    return statement.where(_costs_in(period)).subquery("parts")


def _uses(period: Period) -> Subquery:
    """Cuánto de cada insumo usó cada tratamiento de las visitas, según su receta, y cuánto los extras."""
    visits = select(StockMovement.appointment_id).where(_costs_in(period))
    line, recipe, extra = AppointmentTreatment, TreatmentRecipe, AppointmentExtra
    by_recipe = (
        select(
            line.appointment_id,
            recipe.product_id,
            line.treatment_id,
            func.sum(line.quantity * recipe.quantity_needed).label("weight"),
        )
        .join(recipe, recipe.treatment_id == line.treatment_id)
        .where(line.appointment_id.in_(visits))
        .group_by(line.appointment_id, recipe.product_id, line.treatment_id)
    )
    by_extra = (
        select(extra.appointment_id, extra.product_id, cast(null(), Integer), func.sum(extra.quantity))
        .where(extra.appointment_id.in_(visits))
        .group_by(extra.appointment_id, extra.product_id)
    )
    return union_all(by_recipe, by_extra).subquery("uses")


def _costs_in(period: Period) -> Any:
    """Los movimientos que cuestan en un período: lo consumido y vendido, y lo devuelto de ello."""
    trial = select(Invoice.invoice_id).where(Invoice.invoice_id == StockMovement.invoice_id, ~counts(Invoice))
    moment = StockMovement.created_at
    during = (moment >= period.starts_at) & (moment < period.ends_at)
    return StockMovement.reason.in_(COST_REASONS) & during & ~trial.correlate(StockMovement).exists()


def _expenses(db: Database, period: Period) -> list[dict[str, Any]]:
    """Lo gastado, que no es de ningún tratamiento ni categoría."""
    spent = expense_totals(db, period.date_from, period.date_to)["total_amount"]
    return [{"key": None, "label": None, "expenses": spent}] if spent else []
