"""Las consultas de los reportes: ingresos, costos, gastos y lo que los explica, por período."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import cast, func, select
from sqlalchemy.types import Date

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.tables.auth import User
from common.tables.citas import STATUSES, Appointment
from common.tables.facturacion import Invoice, OperationalExpense
from common.tables.historia_clinica import Patient
from common.tables.inventario import COST_REASONS, StockMovement, Treatment
from common.utils import timezone_name
from facturacion_service.models import counts, within
from facturacion_service.models_income import documents, lines
from facturacion_service.periods import Period

TOP = 10


def _during(column: Any, period: Period) -> Any:
    return (column >= period.starts_at) & (column < period.ends_at)


def _total(column: Any) -> Any:
    return func.coalesce(func.sum(column), 0)


def clinic_day(column: Any) -> Any:
    """El día de la clínica de un instante."""
    return cast(func.timezone(timezone_name(), column), Date)


def income(db: Database, period: Period) -> dict[str, Any]:
    """Lo facturado menos lo devuelto: sin IVA, con IVA y el IVA; cuánto se devolvió y cuántas facturas."""
    billed = documents(period)
    statement = select(
        _total(billed.c.subtotal).label("total_income"),
        _total(billed.c.total_amount).label("total_invoiced"),
        _total(billed.c.iva_amount).label("iva_collected"),
        _total(billed.c.credited).label("credited_amount"),
        func.count(billed.c.invoice_id).label("invoice_count"),
    )
    return fetch_one(db, statement) or {}


def expenses(db: Database, period: Period) -> dict[str, Any]:
    """Lo gastado y cuántos gastos."""
    day = OperationalExpense.expense_date
    statement = select(
        _total(OperationalExpense.amount).label("total_expenses"), func.count().label("expense_count")
    ).where(within(day, period.date_from, period.date_to))
    return fetch_one(db, statement) or {}


def costs_in(period: Period) -> Any:
    """Los movimientos que cuestan en un período: lo consumido y vendido, y lo devuelto de ello."""
    trial = select(Invoice.invoice_id).where(Invoice.invoice_id == StockMovement.invoice_id, ~counts(Invoice))
    happened = StockMovement.reason.in_(COST_REASONS) & _during(StockMovement.created_at, period)
    return happened & ~trial.correlate(StockMovement).exists()


def cost_of_goods(db: Database, period: Period) -> Decimal:
    """Lo que costó lo consumido y vendido, a su costo congelado, menos lo devuelto."""
    return Decimal(fetch_value(db, select(-_total(StockMovement.total_cost)).where(costs_in(period))))


def new_patients(db: Database, period: Period) -> int:
    """Cuántos pacientes se registraron."""
    statement = select(func.count()).select_from(Patient).where(_during(Patient.created_at, period))
    return int(fetch_value(db, statement))


def treatments_sold(db: Database, period: Period) -> Decimal:
    """Cuántos tratamientos se facturaron, menos los devueltos."""
    sold = lines(period)
    statement = select(_total(sold.c.quantity)).where(sold.c.treatment_id.is_not(None))
    return Decimal(fetch_value(db, statement))


def top_treatments(db: Database, period: Period) -> list[dict[str, Any]]:
    """Los tratamientos que más se facturaron, sin contar los devueltos."""
    sold = lines(period)
    quantity = func.sum(sold.c.quantity).label("quantity")
    statement = (
        select(Treatment.treatment_id, Treatment.name, quantity, func.sum(sold.c.subtotal).label("income"))
        .join(sold, sold.c.treatment_id == Treatment.treatment_id)
        .group_by(Treatment.treatment_id, Treatment.name)
        .having(quantity > 0)
        .order_by(quantity.desc(), Treatment.name)
        .limit(TOP)
    )
    return fetch_all(db, statement)


def income_by_doctor(db: Database, period: Period) -> list[dict[str, Any]]:
    """Lo facturado menos lo devuelto por doctor; lo que no viene de una visita, sin doctor."""
    billed = documents(period)
    total = _total(billed.c.subtotal).label("income")
    statement = (
        select(
            User.user_id.label("doctor_id"),
            User.full_name.label("doctor_name"),
            func.count(billed.c.invoice_id).label("invoice_count"),
            total,
        )
        .select_from(billed)
        .outerjoin(Appointment, Appointment.appointment_id == billed.c.appointment_id)
        .outerjoin(User, User.user_id == Appointment.doctor_id)
        .group_by(User.user_id, User.full_name)
        .order_by(total.desc(), User.user_id)
    )
    return fetch_all(db, statement)


def appointments_by_status(db: Database, period: Period) -> dict[str, int]:
    """Cuántas citas hay en cada estado, por hora de inicio."""
    statement = (
        select(Appointment.status, func.count().label("number"))
        .where(_during(Appointment.start_time, period))
        .group_by(Appointment.status)
    )
    found = {row["status"]: row["number"] for row in fetch_all(db, statement)}
    return {status: found.get(status, 0) for status in STATUSES}


def income_by_day(db: Database, period: Period) -> dict[date, Decimal]:
    """Lo facturado menos lo devuelto cada día, sin IVA."""
    billed = documents(period)
    return _by_day(
        db, select(billed.c.day, func.sum(billed.c.subtotal).label("amount")).group_by(billed.c.day)
    )


def expenses_by_day(db: Database, period: Period) -> dict[date, Decimal]:
    """Lo gastado cada día."""
    day = OperationalExpense.expense_date
    statement = select(day.label("day"), func.sum(OperationalExpense.amount).label("amount"))
    return _by_day(db, statement.where(within(day, period.date_from, period.date_to)).group_by(day))


def cost_by_day(db: Database, period: Period) -> dict[date, Decimal]:
    """Lo que costó lo consumido y vendido cada día."""
    day = clinic_day(StockMovement.created_at).label("day")
    statement = select(day, (-func.sum(StockMovement.total_cost)).label("amount"))
    return _by_day(db, statement.where(costs_in(period)).group_by(day))


def _by_day(db: Database, statement: Any) -> dict[date, Decimal]:
    return {row["day"]: row["amount"] for row in fetch_all(db, statement)}
