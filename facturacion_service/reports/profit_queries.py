"""La rentabilidad por tratamiento y por categoría: a qué grupo va cada línea facturada y cada costo.

El costo de un insumo de una visita se reparte entre lo que lo usó (cada tratamiento por su receta, y los
extras) en proporción a la cantidad; los centavos que no se dejan partir van al que más usó.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import CTE, Integer, Select, Text, bindparam, case, cast, func, null, select, true, union_all

from common.database import Database, fetch_all
from common.sql.statements import FixedQuery, VaryingQuery
from common.tables.citas import AppointmentExtra, AppointmentTreatment
from common.tables.facturacion import Invoice
from common.tables.inventario import COST_REASONS, Product, StockMovement, Treatment, TreatmentRecipe
from facturacion_service.expenses.queries import expense_totals
from facturacion_service.ledger.figures import by_months, by_subject
from facturacion_service.ledger.income import lines
from facturacion_service.ledger.periods import Period
from facturacion_service.models import counts
from facturacion_service.reports.rows import CostRow, IncomeRow, SpentRow

# De un tratamiento, su categoría aunque esté vacía; de lo demás, la del producto.
_CATEGORY = case((Treatment.treatment_id.is_not(None), Treatment.category), else_=Product.category)

# grupo → la clave y el nombre de una fila
GROUPS: dict[str, tuple[Any, Any]] = {
    "treatment": (Treatment.treatment_id, Treatment.name),
    "category": (_CATEGORY, _CATEGORY),
}


def _grouped(group_by: str, *sums: Any) -> Select[*tuple[Any, ...]]:
    group, label = GROUPS[group_by]
    return select(group.label("key"), label.label("label"), *sums).group_by("key", "label")


# Ningún tratamiento tiene ese número: es el de lo que usaron los extras.
_NO_TREATMENT = 0

_SUMMED = by_subject("TREATMENTS")
_of = _SUMMED.c
_INCOME_BY_TREATMENT = FixedQuery(
    IncomeRow,
    select(
        Treatment.treatment_id.label("key"),
        Treatment.name.label("label"),
        _of.amount.label("income"),
        _of.number.label("invoice_count"),
        _of.quantity.label("treatments_sold"),
    )
    .select_from(_SUMMED)
    .outerjoin(Treatment, cast(Treatment.treatment_id, Text()) == _of.subject)
    .where((_of.number > 0) | (_of.amount != 0) | (_of.quantity != 0)),
)


def _income_by_category() -> Select[*tuple[Any, ...]]:
    line = lines().c
    sold = func.sum(case((line.treatment_id.is_not(None), line.quantity), else_=0))
    return (
        _grouped(
            "category",
            func.sum(line.subtotal).label("income"),
            func.count(line.invoice_id.distinct()).label("invoice_count"),
            sold.label("treatments_sold"),
        )
        .outerjoin(Treatment, Treatment.treatment_id == line.treatment_id)
        .outerjoin(Product, Product.product_id == line.product_id)
    )


def _costs(group_by: str) -> Select[*tuple[Any, ...]]:
    """Lo que costó lo consumido y vendido de cada grupo, a su costo congelado, menos lo devuelto."""
    costs = (
        select(
            StockMovement.movement_id,
            StockMovement.product_id,
            StockMovement.appointment_id,
            (-StockMovement.total_cost).label("cost"),
        )
        .where(_costs_in_period())
        .cte("costs")
    )
    uses = _uses(costs)
    user = func.coalesce(uses.c.treatment_id, _NO_TREATMENT)
    ends = func.min(user).label("first"), func.max(user).label("last")
    used = select(uses.c.movement_id, *ends).group_by(uses.c.movement_id).cte("used")
    # Lo que usó una sola cosa, o ninguna que se sepa, que es casi todo, no hay que repartirlo.
    alone = (
        select(costs.c.product_id, used.c.last.label("treatment_id"), costs.c.cost.label("amount"))
        .outerjoin_from(costs, used, used.c.movement_id == costs.c.movement_id)
        .where(func.coalesce(used.c.first == used.c.last, true()))
    )
    split = union_all(alone, _split(uses, used)).subquery("split")
    return (
        _grouped(group_by, func.sum(split.c.amount).label("cost_of_goods"))
        .select_from(split)
        .outerjoin(Treatment, Treatment.treatment_id == split.c.treatment_id)
        .join(Product, Product.product_id == split.c.product_id)
    )


def _uses(costs: CTE) -> CTE:
    """Cuánto de cada costo usó cada tratamiento de su visita, según su receta, y cuánto los extras."""
    line, recipe, extra = AppointmentTreatment, TreatmentRecipe, AppointmentExtra
    cost = costs.c.movement_id, costs.c.product_id, costs.c.cost
    by_recipe = (
        select(*cost, line.treatment_id, (line.quantity * recipe.quantity_needed).label("weight"))
        .join_from(costs, line, line.appointment_id == costs.c.appointment_id)
        .join(recipe, (recipe.treatment_id == line.treatment_id) & (recipe.product_id == costs.c.product_id))
    )
    same = (extra.appointment_id == costs.c.appointment_id) & (extra.product_id == costs.c.product_id)
    by_extra = select(*cost, cast(null(), Integer), extra.quantity).join_from(costs, extra, same)
    return union_all(by_recipe, by_extra).cte("uses")


def _split(uses: CTE, used: CTE) -> Select[*tuple[Any, ...]]:
    """Los costos de varias cosas, cortados al centavo entre ellas; los que quedan, a la que más usó."""
    of = uses.c.movement_id, uses.c.product_id, uses.c.cost, uses.c.treatment_id
    weights = (
        select(*of, func.sum(uses.c.weight).label("weight"))
        .join_from(uses, used, used.c.movement_id == uses.c.movement_id)
        .where(used.c.first < used.c.last)
        .group_by(*of)
        .subquery("weights")
    )
    use, same = weights.c, weights.c.movement_id
    biggest = [use.weight.desc(), use.treatment_id]
    part = func.trunc(use.cost * use.weight / func.sum(use.weight).over(partition_by=same), 2)
    place = func.row_number().over(partition_by=same, order_by=biggest)
    parts = select(weights, part.label("part"), place.label("place")).subquery("parts").c
    left = parts.cost - func.sum(parts.part).over(partition_by=parts.movement_id)
    amount = parts.part + case((parts.place == 1, left), else_=0)
    return select(parts.product_id, parts.treatment_id, amount)


def _costs_in_period() -> Any:
    """Los movimientos que cuestan en un período: lo consumido y vendido, y lo devuelto de ello."""
    trial = select(Invoice.invoice_id).where(Invoice.invoice_id == StockMovement.invoice_id, ~counts(Invoice))
    moment = StockMovement.created_at
    during = (moment >= bindparam("starts_at")) & (moment < bindparam("ends_at"))
    return StockMovement.reason.in_(COST_REASONS) & during & ~trial.correlate(StockMovement).exists()


# Cuánto hay en el período decide cómo conviene buscarlo.
_INCOME_BY_CATEGORY = VaryingQuery(IncomeRow, _income_by_category())
_COSTS = {group_by: VaryingQuery(CostRow, _costs(group_by)) for group_by in GROUPS}


def rows(db: Database, period: Period, group_by: str) -> Sequence[IncomeRow | CostRow | SpentRow]:
    """Lo que facturó, costó y gastó cada grupo, en filas que se juntan por su clave."""
    costs = fetch_all(db, _COSTS[group_by], starts_at=period.starts_at, ends_at=period.ends_at)
    return [*_income(db, period, group_by), *costs, *_expenses(db, period)]


def _income(db: Database, period: Period, group_by: str) -> list[IncomeRow]:
    """Lo facturado a cada grupo menos lo devuelto y sin IVA; por categoría, línea por línea."""
    if group_by == "treatment":
        return fetch_all(db, _INCOME_BY_TREATMENT, **by_months(period.date_from, period.date_to))
    return fetch_all(db, _INCOME_BY_CATEGORY, **asdict(period))


def _expenses(db: Database, period: Period) -> list[SpentRow]:
    """Lo gastado, que no es de ningún tratamiento ni categoría."""
    spent = expense_totals(db, period.date_from, period.date_to)["total_amount"]
    return [{"key": None, "label": None, "expenses": spent}] if spent else []
