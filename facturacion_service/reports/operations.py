"""Los resultados: qué se ganó de verdad en un período y frente al anterior."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

from common.database import Database
from common.rules.money import ZERO, round_cents
from common.utils import clinic_today
from common.web.schemas import DateRange, Payload
from facturacion_service.ledger.periods import Period
from facturacion_service.ledger.rows import only
from facturacion_service.reports import queries
from facturacion_service.reports.rows import FiguresRow, FiguresView, PointRow, PointSums, PointView
from facturacion_service.reports.schemas import ChangeOut, DashboardQuery

DAILY_UP_TO = 62
Sum = Literal["income", "expenses", "cost_of_goods"]
_SUMS: tuple[Sum, ...] = get_args(Sum)


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


def dashboard(db: Database, query: DashboardQuery) -> Payload:
    """El tablero de un período."""
    period = period_of(query)
    by_day = period.days <= DAILY_UP_TO
    found, before = queries.figures(db, period, by_day=by_day, compare=query.compare)
    current, previous = _figures(found), _figures(before) if before else None
    return {
        "period": asdict(period),
        **current,
        "appointments_by_status": queries.by_status(found["appointments_by_status"]),
        "top_treatments": found["top_treatments"],
        "income_by_doctor": found["income_by_doctor"],
        "expenses_by_category": found["expenses_by_category"],
        "series": _series(period, found["series"], by_day=by_day),
        "previous": {"period": asdict(period.previous()), **previous} if previous else None,
        "change": _change(current, previous) if previous else None,
    }


def _figures(sums: FiguresRow) -> FiguresView:
    income = sums["total_income"]
    profit = income - sums["cost_of_goods"] - sums["total_expenses"]
    return {
        **only(FiguresRow, sums),
        "average_ticket": ratio(income, Decimal(sums["invoice_count"])),
        "profit": profit,
        "profit_margin": ratio(profit * 100, income),
    }


def ratio(value: Decimal, by: Decimal) -> Decimal:
    """El cociente al centavo; cero si no hay entre qué dividir o si se devolvió más de lo que se facturó."""
    return round_cents(value / by) if by > 0 else ZERO


def _change(current: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Decimal | None]:
    return {key: _percent(current[key], previous[key]) for key in ChangeOut.model_fields}


def _percent(current: Decimal | int, previous: Decimal | int) -> Decimal | None:
    """Cuánto cambió, en por ciento; una pérdida que mejora es un cambio positivo."""
    if previous == 0:
        return None
    now, before = Decimal(current), Decimal(previous)
    return round_cents((now - before) * 100 / abs(before))


def _series(period: Period, rows: list[PointRow], *, by_day: bool) -> list[PointView]:
    """Ingresos, gastos, costos y ganancia por día hasta 62 días; si no, por mes."""
    labels = _days(period) if by_day else _months(period)
    points = {label: PointSums(income=ZERO, expenses=ZERO, cost_of_goods=ZERO) for label in labels}
    for row in rows:
        point = points[_label(row["day"], by_day)]
        for name in _SUMS:
            point[name] += row[name]
    return [{"period": label, **point, "profit": _profit(**point)} for label, point in points.items()]


def _profit(income: Decimal, expenses: Decimal, cost_of_goods: Decimal) -> Decimal:
    return income - cost_of_goods - expenses


def _days(period: Period) -> list[str]:
    days = (period.date_from + timedelta(days=number) for number in range(period.days))
    return [_label(day, by_day=True) for day in days]


def _months(period: Period) -> list[str]:
    first, last = (day.year * 12 + day.month - 1 for day in (period.date_from, period.date_to))
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


def _label(day: date, by_day: bool) -> str:
    return day.isoformat() if by_day else f"{day:%Y-%m}"
