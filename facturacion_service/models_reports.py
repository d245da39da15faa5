"""Las consultas del tablero: ingresos, costos, gastos y lo que los explica, de las cifras ya sumadas."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, select

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.tables.auth import User
from common.tables.cifras import Figure
from common.tables.citas import STATUSES
from common.tables.inventario import Treatment
from facturacion_service.models_figures import (
    by_period,
    credited,
    daily,
    invoiced,
    kept,
    number,
    subject_id,
    total,
    whole,
)
from facturacion_service.periods import Period

TOP = 10


def billed(period: ColumnElement[bool]) -> ColumnElement[bool]:
    """Las facturas y notas de crédito que hacen el ingreso."""
    return invoiced(period) | credited(period)


def net(column: Any) -> ColumnElement[Any]:
    """Lo de las facturas menos lo de las notas de crédito."""
    return total(case((Figure.figure == "INVOICES", column), else_=-column))


def income(db: Database, period: Period) -> dict[str, Any]:
    """Lo facturado menos lo devuelto: sin IVA, con IVA y el IVA; cuánto se devolvió y cuántas facturas."""
    is_invoice = Figure.figure == "INVOICES"
    statement = select(
        net(Figure.amount).label("total_income"),
        net(Figure.amount + Figure.iva_amount).label("total_invoiced"),
        net(Figure.iva_amount).label("iva_collected"),
        total(case((is_invoice, 0), else_=Figure.amount)).label("credited_amount"),
        number(case((is_invoice, Figure.number))).label("invoice_count"),
    )
    return fetch_one(db, statement.where(billed(whole(period)))) or {}


def expenses(db: Database, period: Period) -> dict[str, Any]:
    """Lo gastado y cuántos gastos."""
    statement = select(total().label("total_expenses"), number().label("expense_count"))
    return fetch_one(db, statement.where(kept("EXPENSES", whole(period)))) or {}


def cost_of_goods(db: Database, period: Period) -> Decimal:
    """Lo que costó lo consumido y vendido, a su costo congelado, menos lo devuelto."""
    return Decimal(fetch_value(db, select(total()).where(kept("COSTS", whole(period)))))


def new_patients(db: Database, period: Period) -> int:
    """Cuántos pacientes se registraron."""
    return int(fetch_value(db, select(number()).where(kept("PATIENTS", whole(period)))))


def treatments_sold(db: Database, period: Period) -> Decimal:
    """Cuántos tratamientos se facturaron, menos los devueltos."""
    statement = select(total(Figure.quantity)).where(kept("TREATMENTS", whole(period)))
    return Decimal(fetch_value(db, statement))


def top_treatments(db: Database, period: Period) -> list[dict[str, Any]]:
    """Los tratamientos que más se facturaron, sin contar los devueltos."""
    quantity = total(Figure.quantity).label("quantity")
    statement = (
        select(Treatment.treatment_id, Treatment.name, quantity, total().label("income"))
        .join(Figure, subject_id() == Treatment.treatment_id)
        .where(kept("TREATMENTS", whole(period)))
        .group_by(Treatment.treatment_id, Treatment.name)
        .having(quantity > 0)
        .order_by(quantity.desc(), Treatment.name)
        .limit(TOP)
    )
    return fetch_all(db, statement)


def income_by_doctor(db: Database, period: Period) -> list[dict[str, Any]]:
    """Lo facturado menos lo devuelto por doctor; lo que no viene de una visita, sin doctor."""
    income = total().label("income")
    statement = (
        select(
            User.user_id.label("doctor_id"),
            User.full_name.label("doctor_name"),
            number().label("invoice_count"),
            income,
        )
        .select_from(Figure)
        .outerjoin(User, User.user_id == subject_id())
        .where(kept("DOCTORS", whole(period)))
        .group_by(User.user_id, User.full_name)
        # Quien ya no tiene documentos no sale: una nota siempre resta algo.
        .having((number() > 0) | (income != 0))
        .order_by(income.desc(), User.user_id)
    )
    return fetch_all(db, statement)


def appointments_by_status(db: Database, period: Period) -> dict[str, int]:
    """Cuántas citas hay en cada estado, por hora de inicio."""
    statement = select(Figure.subject, number().label("number"))
    counted = statement.where(kept("APPOINTMENTS", whole(period))).group_by(Figure.subject)
    found = {row["subject"]: row["number"] for row in fetch_all(db, counted)}
    return {status: found.get(status, 0) for status in STATUSES}


def income_series(db: Database, period: Period, *, by_day: bool) -> dict[date, Decimal]:
    """Lo facturado menos lo devuelto, sin IVA, de cada día; o de cada mes, en uno de sus días."""
    return _series(db, by_period(billed(_split(period, by_day)), net(Figure.amount).label("amount")))


def expense_series(db: Database, period: Period, *, by_day: bool) -> dict[date, Decimal]:
    """Lo gastado, por día o por mes."""
    return _series(db, by_period(kept("EXPENSES", _split(period, by_day)), total().label("amount")))


def cost_series(db: Database, period: Period, *, by_day: bool) -> dict[date, Decimal]:
    """Lo que costó lo consumido y vendido, por día o por mes."""
    return _series(db, by_period(kept("COSTS", _split(period, by_day)), total().label("amount")))


def _split(period: Period, by_day: bool) -> ColumnElement[bool]:
    return daily(period) if by_day else whole(period)


def _series(db: Database, statement: Any) -> dict[date, Decimal]:
    return {row["day"]: row["amount"] for row in fetch_all(db, statement)}
