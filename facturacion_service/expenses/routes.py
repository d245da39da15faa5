"""Las rutas de los gastos."""

from typing import Annotated

from flask import Response

from common.auth_middleware import current_user, require
from common.database import reading, snapshot, transaction
from common.lists.exports import FILES, export, streamed
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import Answer, answers, json_body, query_string
from common.web.field_words import Says
from common.web.idempotency import idempotent
from common.web.schemas import DateRange, In, Pagination, Payload
from facturacion_service.expenses import operations, queries
from facturacion_service.expenses.schemas import (
    EXPENSE_TITLES,
    ExpenseIn,
    ExpenseOut,
    ExpensePatch,
    ExpenseQuery,
    ExpenseTotalsOut,
)

bp = Resource("expenses", __name__, Tag("Gastos", "Gastos de operación."))


@bp.get("/expenses")
@require(Permission.EXPENSES_READ)
@query_string(ExpenseQuery)
@answers(expenses=list[ExpenseOut], pagination=Pagination, files=FILES)
def list_expenses(query: ExpenseQuery) -> Payload | Response:
    """Lista los gastos, los más nuevos primero

    Con `format=csv` o `xlsx`, un archivo con todos los del filtro.
    """
    if query.format != "json":
        with snapshot() as db:
            return export(query.format, "gastos", EXPENSE_TITLES, streamed(db, queries.expenses(query)))
    with reading() as db:
        return queries.expenses_page(db, query)


@bp.get("/expenses/categories")
@require(Permission.EXPENSES_READ)
@answers(categories=Annotated[list[str], Says(example=["Insumos"])])
def list_categories() -> Payload:
    """Lista las categorías de gasto que se han usado"""
    with reading() as db:
        return {"categories": queries.expense_categories(db)}


@bp.get("/expenses/totals")
@require(Permission.EXPENSES_READ)
@query_string(DateRange)
@answers(totals=ExpenseTotalsOut)
def get_expense_totals(query: DateRange) -> Payload:
    """Suma los gastos de un período, también por categoría"""
    with reading() as db:
        return {"totals": queries.expense_totals(db, query.date_from, query.date_to)}


@bp.get("/expenses/<int:expense_id>")
@require(Permission.EXPENSES_READ)
@answers(expense=ExpenseOut)
def get_expense(expense_id: int) -> Payload:
    """Muestra un gasto"""
    with reading() as db:
        return {"expense": queries.expense(db, expense_id)}


@bp.post("/expenses")
@require(Permission.EXPENSES_WRITE)
@idempotent
@json_body(ExpenseIn)
@answers(
    status=201,
    location="/api/facturacion/expenses/{expense[expense_id]}",
    expense=ExpenseOut,
)
def create_expense(body: ExpenseIn) -> Payload:
    """Registra un gasto; sin fecha, el de hoy"""
    with transaction() as db:
        expense = operations.create(db, body, user=current_user())
        return {"expense": queries.expense(db, expense.expense_id)}


@bp.put("/expenses/<int:expense_id>")
@require(Permission.EXPENSES_WRITE)
@json_body(ExpensePatch)
@answers(expense=ExpenseOut)
def change_expense(expense_id: int, body: In) -> Payload:
    """Corrige un gasto; lo que decía queda en la auditoría"""
    with transaction() as db:
        operations.change(db, expense_id, body.changes(), user=current_user())
        return {"expense": queries.expense(db, expense_id)}


@bp.delete("/expenses/<int:expense_id>")
@require(Permission.EXPENSES_WRITE)
@answers()
def delete_expense(expense_id: int) -> Answer:
    """Borra un gasto; lo que decía queda en la auditoría"""
    with transaction() as db:
        operations.delete(db, expense_id, user=current_user())
    return Answer(message="El gasto se borró.")
