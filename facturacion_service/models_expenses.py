"""Lo que facturación toca de los gastos: los escribe, y de los usuarios lee quién los registró."""

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.listing import matches_words
from common.tables.auth import User
from common.tables.cifras import Figure
from common.tables.facturacion import OperationalExpense
from facturacion_service.models import within
from facturacion_service.models_figures import during, kept, number, total
from facturacion_service.schemas_expenses import ExpenseQuery

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


def expense_totals(db: Database, date_from: date | None, date_to: date | None) -> dict[str, Any]:
    """Los totales de los gastos de un período."""
    amount, count = total().label("total_amount"), number().label("expense_count")
    spent = kept("EXPENSES", during(date_from, date_to))
    by_category = select(Figure.subject.label("category"), count, amount).where(spent)
    ordered = by_category.group_by(Figure.subject).having(number() > 0).order_by(amount.desc())
    sums = fetch_one(db, select(count, amount).where(spent)) or {}
    return {**sums, "by_category": fetch_all(db, ordered)}
