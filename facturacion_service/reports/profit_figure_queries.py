"""La rentabilidad por día, mes y doctor, de las cifras ya sumadas."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select

from common.database import Database, fetch_all
from common.sql.statements import FixedQuery
from common.tables.auth import User
from common.tables.figures import Figure
from facturacion_service.ledger.figures import (
    by_days,
    by_months,
    by_subject,
    credited,
    in_period,
    invoiced,
    net,
    number,
    total,
)
from facturacion_service.ledger.periods import Period
from facturacion_service.reports.rows import GroupRow

BY_DATE = {"month": "YYYY-MM", "day": "YYYY-MM-DD"}

Rows = Select[*tuple[Any, ...]]


def rows(db: Database, period: Period, group_by: str) -> list[GroupRow]:
    """Lo que facturó, costó y gastó cada grupo: menos lo devuelto, sin IVA y a su costo congelado."""
    bounds = (by_days if group_by == "day" else by_months)(period.date_from, period.date_to)
    return fetch_all(db, _BY[group_by], **bounds)


def _by_doctor() -> Rows:
    summed = by_subject("DOCTORS", "DOCTOR_COSTS", "EXPENSES")
    of = summed.c
    earned = of.figure == "DOCTORS"
    # Lo gastado no es de ningún doctor.
    his = and_(of.figure != "EXPENSES", cast(User.user_id, Text()) == of.subject)
    count, sold = number(of.number, earned), total(of.quantity, earned)
    sums = total(of.amount, earned), _cost(of, "DOCTOR_COSTS"), _spent(of)
    return (
        _grouped(User.user_id, User.full_name, *sums, count, sold)
        .select_from(summed)
        .outerjoin(User, his)
        .having(_any(count, sold, *sums))
    )


def _by_date(group_by: str) -> Rows:
    of: Any = Figure
    day = func.to_char(of.period, BY_DATE[group_by])
    documents = number(of.number, or_(invoiced(of), credited(of)))
    count, sold = number(of.number, invoiced(of)), total(of.quantity, of.figure == "TREATMENTS")
    sums = net(of.amount, of), _cost(of, "COSTS"), _spent(of)
    told = in_period("INVOICES", "CREDIT_NOTES", "TREATMENTS", "COSTS", "EXPENSES")
    return _grouped(day, day, *sums, count, sold).where(told).having(_any(documents, *sums[1:]))


def _cost(of: Any, figure: str) -> ColumnElement[Any]:
    return total(of.amount, of.figure == figure)


def _spent(of: Any) -> ColumnElement[Any]:
    return total(of.amount, of.figure == "EXPENSES")


def _grouped(key: Any, label: Any, income: Any, cost: Any, spent: Any, count: Any, sold: Any) -> Rows:
    statement = select(
        key.label("key"),
        label.label("label"),
        income.label("income"),
        cost.label("cost_of_goods"),
        spent.label("expenses"),
        count.label("invoice_count"),
        sold.label("treatments_sold"),
    )
    return statement.group_by("key", "label")


def _any(*sums: ColumnElement[Any]) -> ColumnElement[bool]:
    """Que algo quede: quien ya no tiene nada no sale."""
    return or_(*(one != 0 for one in sums))


_BY = {
    "doctor": FixedQuery(GroupRow, _by_doctor()),
    "month": FixedQuery(GroupRow, _by_date("month")),
    "day": FixedQuery(GroupRow, _by_date("day")),
}
