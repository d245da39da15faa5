"""Las consultas de los reportes: ingresos, costos, gastos y lo que los explica, por período."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, cast, func, select
from sqlalchemy.types import Date

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.tables.auth import User
from common.tables.citas import STATUSES, Appointment
from common.tables.facturacion import Invoice, InvoiceItem, OperationalExpense
from common.tables.historia_clinica import Patient
from common.tables.inventario import COST_REASONS, StockMovement, Treatment
from common.utils import end_of_day, start_of_day, timezone_name
from facturacion_service.models import INCOME, within

TOP = 10


@dataclass(frozen=True)
class Period:
    """Unos días de la clínica, ambos incluidos."""

    date_from: date
    date_to: date

    @property
    def days(self) -> int:
        """Cuántos días tiene."""
        return (self.date_to - self.date_from).days + 1

    def previous(self) -> "Period":
        """El período de igual largo que acaba el día antes."""
        last = self.date_from - timedelta(days=1)
        return Period(last - timedelta(days=self.days - 1), last)

    @property
    def starts_at(self) -> datetime:
        """El primer instante."""
        return start_of_day(self.date_from)

    @property
    def ends_at(self) -> datetime:
        """El primer instante que ya no le pertenece."""
        return end_of_day(self.date_to)


def invoiced_in(period: Period) -> Any:
    """Lo facturado en un período: emitido o cobrado, por fecha de emisión."""
    return within(Invoice.issue_date, period.date_from, period.date_to) & INCOME


def _during(column: Any, period: Period) -> Any:
    return (column >= period.starts_at) & (column < period.ends_at)


def _total(column: Any) -> Any:
    return func.coalesce(func.sum(column), 0)


def clinic_day(column: Any) -> Any:
    """El día de la clínica de un instante."""
    return cast(func.timezone(timezone_name(), column), Date)


def income(db: Database, period: Period) -> dict[str, Any]:
    """Lo facturado: sin IVA, con IVA, el IVA y cuántas facturas."""
    statement = select(
        _total(Invoice.subtotal).label("total_income"),
        _total(Invoice.total_amount).label("total_invoiced"),
        _total(Invoice.iva_amount).label("iva_collected"),
        func.count().label("invoice_count"),
    ).where(invoiced_in(period))
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
    return StockMovement.reason.in_(COST_REASONS) & _during(StockMovement.created_at, period)


def cost_of_goods(db: Database, period: Period) -> Decimal:
    """Lo que costó lo consumido y vendido, a su costo congelado, menos lo devuelto."""
    return Decimal(fetch_value(db, select(-_total(StockMovement.total_cost)).where(costs_in(period))))


def new_patients(db: Database, period: Period) -> int:
    """Cuántos pacientes se registraron."""
    statement = select(func.count()).select_from(Patient).where(_during(Patient.created_at, period))
    return int(fetch_value(db, statement))


def _sold(period: Period) -> Select[*tuple[Any, ...]]:
    items = select().select_from(InvoiceItem).join(Invoice, Invoice.invoice_id == InvoiceItem.invoice_id)
    return items.where(invoiced_in(period), InvoiceItem.treatment_id.is_not(None))


def treatments_sold(db: Database, period: Period) -> Decimal:
    """Cuántos tratamientos se facturaron."""
    return Decimal(fetch_value(db, _sold(period).add_columns(_total(InvoiceItem.quantity))))


def top_treatments(db: Database, period: Period) -> list[dict[str, Any]]:
    """Los tratamientos que más se facturaron."""
    quantity = func.sum(InvoiceItem.quantity).label("quantity")
    statement = (
        _sold(period)
        .add_columns(
            Treatment.treatment_id,
            Treatment.name,
            quantity,
            func.sum(InvoiceItem.subtotal).label("income"),
        )
        .join(Treatment, Treatment.treatment_id == InvoiceItem.treatment_id)
        .group_by(Treatment.treatment_id, Treatment.name)
        .order_by(quantity.desc(), Treatment.name)
        .limit(TOP)
    )
    return fetch_all(db, statement)


def income_by_doctor(db: Database, period: Period) -> list[dict[str, Any]]:
    """Lo facturado por doctor; lo que no viene de una visita, sin doctor."""
    total = _total(Invoice.subtotal).label("income")
    statement = (
        select(
            User.user_id.label("doctor_id"),
            User.full_name.label("doctor_name"),
            func.count().label("invoice_count"),
            total,
        )
        .select_from(Invoice)
        .outerjoin(Appointment, Appointment.appointment_id == Invoice.appointment_id)
        .outerjoin(User, User.user_id == Appointment.doctor_id)
        .where(invoiced_in(period))
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
    """Lo facturado cada día, sin IVA."""
    statement = select(Invoice.issue_date.label("day"), func.sum(Invoice.subtotal).label("amount"))
    return _by_day(db, statement.where(invoiced_in(period)).group_by(Invoice.issue_date))


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
