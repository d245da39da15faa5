"""La rentabilidad: las cifras del tablero repartidas en grupos que suman lo mismo, al centavo."""

from decimal import Decimal
from typing import Any

from common.database import Database
from common.rules.money import ZERO
from facturacion_service.reports import profit_figure_queries, profit_queries
from facturacion_service.reports.operations import period_of, ratio
from facturacion_service.reports.profit_figure_queries import BY_DATE
from facturacion_service.reports.schemas import ProfitQuery

NOBODY = "Sin asignar"
_EMPTY = {
    "income": ZERO,
    "cost_of_goods": ZERO,
    "expenses": ZERO,
    "invoice_count": 0,
    "treatments_sold": Decimal(0),
}

Group = dict[str, Any]


def profit(db: Database, query: ProfitQuery) -> dict[str, Any]:
    """Los grupos de un período y su suma."""
    period = period_of(query)
    # El costo de un tratamiento depende de las recetas de hoy: no se puede traer sumado.
    told = profit_queries if query.group_by in profit_queries.GROUPS else profit_figure_queries
    groups = [_with_profit(group) for group in _merged(told.rows(db, period, query.group_by))]
    return {
        "group_by": query.group_by,
        "period": {"date_from": period.date_from, "date_to": period.date_to},
        "groups": sorted(groups, key=_by_date if query.group_by in BY_DATE else _by_profit),
        "totals": _totals(groups),
    }


def _merged(rows: list[Group]) -> list[Group]:
    """Una fila por grupo con lo que dijo de él cada consulta."""
    groups: dict[Any, Group] = {}
    for row in rows:
        group = groups.setdefault(row["key"], dict(_EMPTY))
        group |= {**row, "label": NOBODY if row["key"] is None else row["label"]}
    return list(groups.values())


def _with_profit(group: Group) -> Group:
    profit = group["income"] - group["cost_of_goods"] - group["expenses"]
    return {**group, "profit": profit, "profit_margin": ratio(profit * 100, group["income"])}


def _by_date(group: Group) -> Any:
    return group["key"]


def _by_profit(group: Group) -> Any:
    """Lo que más dejó primero; lo que no es de nadie, al final."""
    return group["key"] is None, -group["profit"], group["label"]


def _totals(groups: list[Group]) -> dict[str, Decimal]:
    income, cost, expenses = (
        sum((group[key] for group in groups), ZERO) for key in ("income", "cost_of_goods", "expenses")
    )
    profit = income - cost - expenses
    return {
        "total_income": income,
        "cost_of_goods": cost,
        "total_expenses": expenses,
        "profit": profit,
        "profit_margin": ratio(profit * 100, income),
    }
