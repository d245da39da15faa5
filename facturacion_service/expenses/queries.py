"""Lo que facturación toca de los gastos: los escribe, y de los usuarios lee quién los registró."""

from datetime import date
from typing import Any

from sqlalchemy import CTE, Select, func, select

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.listing import matches_words
from common.sql.statements import FixedQuery
from common.tables.auth import User
from common.tables.facturacion import OperationalExpense
from facturacion_service.expenses.schemas import ExpenseQuery
from facturacion_service.ledger.figures import by_months, by_subject, number, total
from facturacion_service.models import within

__all__ = ["OperationalExpense"]

EXPENSE = select(
    OperationalExpense.expense_id,
    OperationalExpense.description,
    OperationalExpense.amount,
    OperationalExpense.expense_date,
    OperationalExpense.category,
    OperationalExpense.supplier,
    OperationalExpense.document_number,
    OperationalExpense.registered_by,
    User.full_name.label("registered_by_name"),
    OperationalExpense.created_at,
).join(User, User.user_id == OperationalExpense.registered_by)


def expense(db: Database, expense_id: int) -> dict[str, Any]:
    """Un gasto.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, EXPENSE.where(OperationalExpense.expense_id == expense_id))
    if row is None:
        raise NotFound("El gasto no existe.")
    return row


def expenses(query: ExpenseQuery) -> Select[*tuple[Any, ...]]:
    """Los gastos de un filtro, los más nuevos primero."""
    statement = EXPENSE.where(within(OperationalExpense.expense_date, query.date_from, query.date_to))
    if query.category is not None:
        statement = statement.where(OperationalExpense.category == query.category)
    if query.search:
        supplier = func.coalesce(OperationalExpense.supplier, "")
        text = OperationalExpense.description + " " + supplier
        statement = statement.where(matches_words(text, query.search))
    return statement.order_by(OperationalExpense.expense_date.desc(), OperationalExpense.expense_id.desc())


def expense_categories(db: Database) -> list[str]:
    """Las categorías de gasto usadas, en orden."""
    statement = select(OperationalExpense.category).distinct().order_by(OperationalExpense.category)
    return [row["category"] for row in fetch_all(db, statement)]


def by_category(summed: CTE) -> FixedQuery[dict[str, Any]]:
    """Lo gastado en cada categoría, de las cifras de un período, lo que más primero."""
    of = summed.c
    count, amount = of.number.label("expense_count"), of.amount.label("total_amount")
    some = select(of.subject.label("category"), count, amount).where(of.figure == "EXPENSES", of.number > 0)
    return FixedQuery(some.order_by(of.amount.desc(), of.subject))


_SPENT = by_subject("EXPENSES")
_TOTALS = FixedQuery(
    select(number(_SPENT.c.number).label("expense_count"), total(_SPENT.c.amount).label("total_amount")),
    by_category=by_category(_SPENT),
)


def expense_totals(db: Database, date_from: date | None, date_to: date | None) -> dict[str, Any]:
    """Los totales de los gastos de un período."""
    return fetch_one(db, _TOTALS, **by_months(date_from, date_to)) or {}
