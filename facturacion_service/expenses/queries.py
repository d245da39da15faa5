"""Lo que facturación toca de los gastos: los escribe, y de los usuarios lee quién los registró."""

from datetime import date

from sqlalchemy import CTE, bindparam, func, select

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.listing import Listing, Rows, matches_words
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import User
from common.tables.facturacion import OperationalExpense
from common.web.schemas import Payload
from facturacion_service.expenses.rows import CategoryTotalRow, ExpenseRow, ExpenseTotalsRow
from facturacion_service.expenses.schemas import ExpenseQuery
from facturacion_service.ledger.figures import by_months, by_subject, number, total

__all__ = ["OperationalExpense"]

EXPENSE = select(*columns(ExpenseRow, OperationalExpense, registered_by_name=User.full_name)).join(
    User, User.user_id == OperationalExpense.registered_by
)
_ONE = FixedQuery(ExpenseRow, EXPENSE.where(OperationalExpense.expense_id == bindparam("expense_id")))
_SEARCHED = OperationalExpense.description + " " + func.coalesce(OperationalExpense.supplier, "")
_EXPENSES = Listing(
    ExpenseRow,
    "expenses",
    EXPENSE.order_by(OperationalExpense.expense_date.desc(), OperationalExpense.expense_id.desc()),
    category=OperationalExpense.category == bindparam("category"),
    date_from=OperationalExpense.expense_date >= bindparam("date_from"),
    date_to=OperationalExpense.expense_date <= bindparam("date_to"),
    search=lambda words: matches_words(_SEARCHED, words),
)
_CATEGORIES = ValueQuery(
    str, select(OperationalExpense.category).distinct().order_by(OperationalExpense.category)
)


def expense(db: Database, expense_id: int) -> ExpenseRow:
    """Un gasto.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE, expense_id=expense_id)
    if row is None:
        raise NotFound("El gasto no existe.")
    return row


def expenses(query: ExpenseQuery) -> Rows:
    """Los gastos de un filtro, los más nuevos primero."""
    return _EXPENSES.rows(query)


def expenses_page(db: Database, query: ExpenseQuery) -> Payload:
    """Una página de gastos, los más nuevos primero."""
    return _EXPENSES.page(db, query)


def expense_categories(db: Database) -> list[str]:
    """Las categorías de gasto usadas, en orden."""
    return fetch_all(db, _CATEGORIES)


def by_category(summed: CTE) -> FixedQuery[CategoryTotalRow]:
    """Lo gastado en cada categoría, de las cifras de un período, lo que más primero."""
    of = summed.c
    count, amount = of.number.label("expense_count"), of.amount.label("total_amount")
    some = select(of.subject.label("category"), count, amount).where(of.figure == "EXPENSES", of.number > 0)
    return FixedQuery(CategoryTotalRow, some.order_by(of.amount.desc(), of.subject))


_SPENT = by_subject("EXPENSES")
_TOTALS = FixedQuery(
    ExpenseTotalsRow,
    select(number(_SPENT.c.number).label("expense_count"), total(_SPENT.c.amount).label("total_amount")),
    by_category=by_category(_SPENT),
)


def expense_totals(db: Database, date_from: date | None, date_to: date | None) -> ExpenseTotalsRow:
    """Los totales de los gastos de un período."""
    found = fetch_one(db, _TOTALS, **by_months(date_from, date_to))
    assert found is not None
    return found
