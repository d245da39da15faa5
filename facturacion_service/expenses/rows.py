"""Las filas de los gastos."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict


class ExpenseRow(TypedDict):
    """Un gasto, con el nombre de quien lo registró."""

    expense_id: int
    description: str
    amount: Decimal
    expense_date: date
    category: str
    supplier: str | None
    document_number: str | None
    registered_by: int
    registered_by_name: str
    created_at: datetime


class CategoryTotalRow(TypedDict):
    """Lo gastado en una categoría, en dólares."""

    category: str
    expense_count: int
    total_amount: Decimal


class ExpenseTotalsRow(TypedDict):
    """Lo gastado en un período, en dólares."""

    expense_count: int
    total_amount: Decimal
    by_category: list[CategoryTotalRow]
