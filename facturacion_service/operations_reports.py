"""Los resultados: qué se ganó de verdad en un período y frente al anterior."""

from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from common.database import Database
from common.rules.money import ZERO, round_cents
from common.schemas import DateRange
from common.utils import clinic_today
from facturacion_service import models_expenses
from facturacion_service import models_reports as figures
from facturacion_service.periods import Period
from facturacion_service.schemas_reports import ChangeOut, DashboardQuery

DAILY_UP_TO = 62


def period_of(query: DateRange) -> Period:
    """El período pedido; por defecto, el mes de la clínica entero, también lo que falta de él."""
    today = clinic_today()
    last = query.date_to or _end_of_month(max(today, query.date_from or today))
    return Period(query.date_from or last.replace(day=1), last)


def month_of(day: date) -> Period:
    """El mes de un día, entero."""
    return Period(day.replace(day=1), _end_of_month(day))


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def dashboard(db: Database, query: DashboardQuery) -> dict[str, Any]:
    """El tablero de un período."""
    period = period_of(query)
    current = _figures(db, period)
    previous = _figures(db, period.previous()) if query.compare else None
    expenses = models_expenses.expense_totals(db, period.date_from, period.date_to)
    return {
        **current,
        "appointments_by_status": figures.appointments_by_status(db, period),
        "top_treatments": figures.top_treatments(db, period),
        "income_by_doctor": figures.income_by_doctor(db, period),
        "expenses_by_category": expenses["by_category"],
        "series": series(db, period),
        "previous": previous,
        "change": _change(current, previous) if previous else None,
    }


def _figures(db: Database, period: Period) -> dict[str, Any]:
    income, expenses = figures.income(db, period), figures.expenses(db, period)
    cost = figures.cost_of_goods(db, period)
    profit = income["total_income"] - cost - expenses["total_expenses"]
    return {
        "period": {"date_from": period.date_from, "date_to": period.date_to},
        **income,
        "average_ticket": ratio(income["total_income"], Decimal(income["invoice_count"])),
        "cost_of_goods": cost,
        **expenses,
        "profit": profit,
        "profit_margin": ratio(profit * 100, income["total_income"]),
        "new_patients": figures.new_patients(db, period),
        "treatments_sold": figures.treatments_sold(db, period),
    }


def ratio(value: Decimal, by: Decimal) -> Decimal:
    """El cociente al centavo; cero si no hay entre qué dividir o si se devolvió más de lo que se facturó."""
    return round_cents(value / by) if by > 0 else ZERO


def _change(current: dict[str, Any], previous: dict[str, Any]) -> dict[str, Decimal | None]:
    return {key: _percent(current[key], previous[key]) for key in ChangeOut.model_fields}


def _percent(current: Decimal | int, previous: Decimal | int) -> Decimal | None:
    """Cuánto cambió, en por ciento; una pérdida que mejora es un cambio positivo."""
    if previous == 0:
        return None
    now, before = Decimal(current), Decimal(previous)
    return round_cents((now - before) * 100 / abs(before))


def series(db: Database, period: Period) -> list[dict[str, Any]]:
    """Ingresos, costos, gastos y ganancia por día hasta 62 días; si no, por mes."""
    by_day = period.days <= DAILY_UP_TO
    income = _bucketed(figures.income_series(db, period, by_day=by_day), by_day)
    expenses = _bucketed(figures.expense_series(db, period, by_day=by_day), by_day)
    cost = _bucketed(figures.cost_series(db, period, by_day=by_day), by_day)
    labels = _days(period) if by_day else _months(period)
    return [
        {
            "period": label,
            "income": income[label],
            "expenses": expenses[label],
            "cost_of_goods": cost[label],
            "profit": income[label] - cost[label] - expenses[label],
        }
        for label in labels
    ]


def _days(period: Period) -> list[str]:
    days = (period.date_from + timedelta(days=number) for number in range(period.days))
    return [_label(day, by_day=True) for day in days]


def _months(period: Period) -> list[str]:
    first, last = (day.year * 12 + day.month - 1 for day in (period.date_from, period.date_to))
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


def _label(day: date, by_day: bool) -> str:
    return day.isoformat() if by_day else f"{day:%Y-%m}"


def _bucketed(amounts: dict[date, Decimal], by_day: bool) -> defaultdict[str, Decimal]:
    buckets: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for day, amount in amounts.items():
        buckets[_label(day, by_day)] += amount
    return buckets
