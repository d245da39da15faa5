"""La rentabilidad: las cifras del tablero repartidas en grupos que suman lo mismo, al centavo."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from common.database import Database
from common.rules.money import ZERO
from facturacion_service.ledger.periods import Period
from facturacion_service.reports import profit_figure_queries, profit_queries
from facturacion_service.reports.operations import period_of, ratio
from facturacion_service.reports.profit_figure_queries import BY_DATE
from facturacion_service.reports.rows import CostRow, GroupRow, GroupView, IncomeRow, ProfitView, SpentRow
from facturacion_service.reports.schemas import ProfitQuery

NOBODY = "Sin asignar"
# Lo que una consulta dice de un grupo: todo, o una parte.
Told = IncomeRow | CostRow | SpentRow | GroupRow
_EMPTY: GroupRow = {
    "key": None,
    "label": None,
    "income": ZERO,
    "cost_of_goods": ZERO,
    "expenses": ZERO,
    "invoice_count": 0,
    "treatments_sold": Decimal(0),
}


def profit(db: Database, query: ProfitQuery) -> ProfitView:
    """Los grupos de un período y su suma."""
    period = period_of(query)
    groups = [_with_profit(group) for group in _merged(_rows(db, period, query.group_by))]
    return {
        "group_by": query.group_by,
        "period": asdict(period),
        "groups": sorted(groups, key=_by_date if query.group_by in BY_DATE else _by_profit),
        "totals": _totals(groups),
    }


def _rows(db: Database, period: Period, group_by: str) -> Sequence[Told]:
    # El costo de un tratamiento depende de las recetas de hoy: no se puede traer sumado.
    if group_by in profit_queries.GROUPS:
        return profit_queries.rows(db, period, group_by)
    return profit_figure_queries.rows(db, period, group_by)


def _merged(rows: Iterable[Told]) -> list[GroupRow]:
    """Una fila por grupo con lo que dijo de él cada consulta."""
    groups: dict[int | str | None, GroupRow] = {}
    for row in rows:
        key = row["key"]
        groups[key] = {**groups.get(key, _EMPTY), **row, "label": NOBODY if key is None else row["label"]}
    return list(groups.values())


def _with_profit(group: GroupRow) -> GroupView:
    profit = group["income"] - group["cost_of_goods"] - group["expenses"]
    return {**group, "profit": profit, "profit_margin": ratio(profit * 100, group["income"])}


def _by_date(group: GroupView) -> Any:
    return group["key"]


def _by_profit(group: GroupView) -> Any:
    """Lo que más dejó primero; lo que no es de nadie, al final."""
    return group["key"] is None, -group["profit"], group["label"]


def _totals(groups: list[GroupView]) -> dict[str, Decimal]:
    income = sum((group["income"] for group in groups), ZERO)
    cost = sum((group["cost_of_goods"] for group in groups), ZERO)
    expenses = sum((group["expenses"] for group in groups), ZERO)
    profit = income - cost - expenses
    return {
        "total_income": income,
        "cost_of_goods": cost,
        "total_expenses": expenses,
        "profit": profit,
        "profit_margin": ratio(profit * 100, income),
    }
