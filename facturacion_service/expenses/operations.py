"""Lo que pasa con un gasto: registrarlo, corregirlo y borrarlo, con rastro en la auditoría."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.errors import NotFound
from common.rules import audit
from common.utils import clinic_today
from facturacion_service.expenses.queries import OperationalExpense
from facturacion_service.expenses.schemas import ExpenseIn

ENTITY = OperationalExpense.__tablename__


def create(db: Session, body: ExpenseIn, *, user: CurrentUser) -> OperationalExpense:
    """Registra un gasto; sin fecha, el de hoy."""
    values = body.model_dump()
    values["expense_date"] = body.expense_date or clinic_today()
    expense = OperationalExpense(**values, registered_by=user.user_id)
    db.add(expense)
    db.flush()
    audit.record(db, user, "CREATE", ENTITY, expense.expense_id)
    return expense


def change(db: Session, expense_id: int, changes: dict[str, Any], *, user: CurrentUser) -> None:
    """Corrige un gasto.

    :raises NotFound: si no existe.
    """
    expense = _locked(db, expense_id)
    former = _snapshot(expense)
    if changes:
        # Solo las columnas que llegan: qué escribe depende de la petición.
        statement = update(OperationalExpense).where(OperationalExpense.expense_id == expense_id)
        db.execute(statement.values(changes))
        audit.record(db, user, "UPDATE", ENTITY, expense_id, details={"former": former})


def delete(db: Session, expense_id: int, *, user: CurrentUser) -> None:
    """Borra un gasto; lo que decía queda en la auditoría.

    :raises NotFound: si no existe.
    """
    expense = _locked(db, expense_id)
    former = _snapshot(expense)
    db.delete(expense)
    db.flush()
    audit.record(db, user, "DELETE", ENTITY, expense_id, details={"former": former})


def _locked(db: Session, expense_id: int) -> OperationalExpense:
    expense = db.get(OperationalExpense, expense_id, with_for_update=True, populate_existing=True)
    if expense is None:
        raise NotFound("El gasto no existe.")
    return expense


def _snapshot(expense: OperationalExpense) -> dict[str, Any]:
    return {
        "description": expense.description,
        "amount": str(expense.amount),
        "expense_date": expense.expense_date.isoformat(),
        "category": expense.category,
        "supplier": expense.supplier,
        "document_number": expense.document_number,
    }
