"""Lo que el servicio de facturación acepta y devuelve de los gastos."""

from datetime import date, datetime

from common.lists.exports import Exportable
from common.web.field_dates import Day
from common.web.field_numbers import Number, PositiveAmount
from common.web.field_texts import Code, Filter, Line, Search
from common.web.schemas import DateRange, In, Out, Page, partial


class ExpenseIn(In):
    """Un gasto nuevo; sin fecha, el de hoy."""

    description: Line
    amount: PositiveAmount
    expense_date: Day | None = None
    category: Line
    supplier: Line | None = None
    document_number: Code | None = None


class _DatedExpense(ExpenseIn):
    """Un gasto con su fecha: al cambiarlo no puede quedar sin ella."""

    expense_date: Day


ExpensePatch = partial(_DatedExpense, "ExpensePatch")


class ExpenseQuery(DateRange, Page, Exportable):
    """Filtros de la lista de gastos."""

    category: Filter | None = None
    search: Search | None = None


class ExpenseOut(Out):
    """Un gasto."""

    expense_id: int
    description: str
    amount: Number
    expense_date: date
    category: str
    supplier: str | None
    document_number: str | None
    registered_by: int
    registered_by_name: str
    created_at: datetime


class CategoryTotalOut(Out):
    """Los gastos de una categoría."""

    category: str
    expense_count: int
    total_amount: Number


class ExpenseTotalsOut(Out):
    """Los totales de los gastos."""

    expense_count: int
    total_amount: Number
    by_category: list[CategoryTotalOut]


EXPENSE_TITLES = {
    "expense_id": "Id",
    "expense_date": "Fecha",
    "category": "Categoría",
    "description": "Descripción",
    "supplier": "Proveedor",
    "document_number": "Comprobante",
    "amount": "Monto",
    "registered_by_name": "Registrado por",
    "created_at": "Registrado",
}
