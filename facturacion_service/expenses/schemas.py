"""Lo que el servicio de facturación acepta y devuelve de los gastos."""

from datetime import date
from typing import Annotated

from common.lists.exports import Exportable
from common.web.clinic_fields import CreatedAt
from common.web.field_dates import Day
from common.web.field_numbers import Number, PositiveAmount
from common.web.field_texts import Code, Filter, Line, Search
from common.web.field_words import Says
from common.web.schemas import DateRange, In, Out, Page, partial
from facturacion_service.ledger.fields import (
    AMOUNT,
    DOCUMENT_NUMBER,
    EXPENSE_CATEGORY,
    PRODUCT_DESCRIPTION,
    TotalAmount,
)

# Lo que dicen estos campos, entren o salgan.
SUPPLIER = Says(example="Distribuidora Andina")


class ExpenseIn(In):
    """Un gasto nuevo; sin fecha, el de hoy."""

    description: Annotated[Line, PRODUCT_DESCRIPTION]
    amount: Annotated[PositiveAmount, AMOUNT]
    expense_date: Day | None = None
    category: Annotated[Line, EXPENSE_CATEGORY]
    supplier: Annotated[Line | None, SUPPLIER] = None
    document_number: Annotated[Code | None, DOCUMENT_NUMBER] = None


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
    description: Annotated[str, PRODUCT_DESCRIPTION]
    amount: Annotated[Number, AMOUNT]
    expense_date: date
    category: Annotated[str, EXPENSE_CATEGORY]
    supplier: Annotated[str | None, SUPPLIER]
    document_number: Annotated[str | None, DOCUMENT_NUMBER]
    registered_by: int
    registered_by_name: str
    created_at: CreatedAt


class CategoryTotalOut(Out):
    """Los gastos de una categoría."""

    category: Annotated[str, EXPENSE_CATEGORY]
    expense_count: int
    total_amount: TotalAmount


class ExpenseTotalsOut(Out):
    """Los totales de los gastos."""

    expense_count: int
    total_amount: TotalAmount
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
