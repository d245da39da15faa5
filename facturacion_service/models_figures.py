"""Las cifras ya sumadas de un período: los meses enteros por mes y lo demás por día."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, and_, cast, func, or_, select, true

from common.tables.cifras import DAY, MONTH, Figure
from facturacion_service.models import IN_PRODUCTION
from facturacion_service.periods import Period

INCOME_STATUSES = ("ISSUED", "PAID")


def number(column: Any = Figure.number) -> ColumnElement[int]:
    """La suma de lo contado."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger())


def total(column: Any = Figure.amount) -> ColumnElement[Any]:
    """La suma de un monto o de una cantidad."""
    return func.coalesce(func.sum(column), 0)


def subject_id() -> ColumnElement[int]:
    """De quién es la cifra, si es de un doctor o de un tratamiento; si no es de nadie, nulo."""
    return cast(func.nullif(Figure.subject, ""), Integer())


def kept(figure: str, during: ColumnElement[bool]) -> ColumnElement[bool]:
    """Las partes de una cifra en un período, sin lo de prueba que ya no cuenta."""
    return and_(Figure.figure == figure, during, ~Figure.is_test | ~IN_PRODUCTION)


def during(first: date | None, last: date | None) -> ColumnElement[bool]:
    """Los meses enteros y los días sueltos de un período, extremos incluidos; sin límite donde falte."""
    months_from = _month_after(first) if first else None
    months_until = _month_of(last + timedelta(days=1)) if last else None
    if months_from and months_until and months_from >= months_until:
        return _between(DAY, first, last)
    parts = [_between(MONTH, months_from, months_until and months_until - timedelta(days=1))]
    if first and months_from and first < months_from:
        parts.append(_between(DAY, first, months_from - timedelta(days=1)))
    if last and months_until and months_until <= last:
        parts.append(_between(DAY, months_until, last))
    return or_(*parts)


def daily(period: Period) -> ColumnElement[bool]:
    """Los días de un período, uno por uno."""
    return _between(DAY, period.date_from, period.date_to)


def whole(period: Period) -> ColumnElement[bool]:
    """Un período entero, con las menos partes que se pueda."""
    return during(period.date_from, period.date_to)


def invoiced(during: ColumnElement[bool]) -> ColumnElement[bool]:
    """Las facturas que son un ingreso."""
    return kept("INVOICES", during) & Figure.subject.in_(INCOME_STATUSES)


def credited(during: ColumnElement[bool]) -> ColumnElement[bool]:
    """Las notas de crédito que le restan."""
    return kept("CREDIT_NOTES", during) & (Figure.subject == "ISSUED")


def by_period(condition: ColumnElement[bool], *sums: Any) -> Select[*tuple[Any, ...]]:
    """Unas sumas por cada día, o por cada mes con su primer día."""
    return select(Figure.period.label("day"), *sums).where(condition).group_by(Figure.period)


def _between(grain: str, first: date | None, last: date | None) -> ColumnElement[bool]:
    limits = [Figure.period >= first] if first else []
    limits += [Figure.period <= last] if last else []
    return and_(true(), Figure.grain == grain, *limits)


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _month_after(day: date) -> date:
    """El primer mes que empieza ese día o después."""
    return day if day.day == 1 else _month_of(day.replace(day=28) + timedelta(days=4))
