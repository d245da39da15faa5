"""Las cifras ya sumadas de un período: los meses enteros por mes y los días sueltos por día.

La consulta es siempre la misma: dónde empiezan y acaban los meses lo dicen sus valores.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Date, and_, bindparam, cast, func, or_, select

from common.tables.figures import DAY, MONTH, Figure
from facturacion_service.models import IN_PRODUCTION

INCOME_STATUSES = ("ISSUED", "PAID")
_BOUNDS = ("first", "months", "rest", "until")


def by_months(first: date | None, last: date | None, span: str = "") -> dict[str, date]:
    """Los valores de un período, extremos incluidos, en pocas partes; sin límite donde falte.

    :param span: el nombre del período, si la consulta tiene varios.
    """
    start, until = first or date.min, last + timedelta(days=1) if last else date.max
    months, rest = _month_after(start), until.replace(day=1)
    return _bounds(span, start, *((months, rest) if months < rest else (until, until)), until)


def by_days(first: date, last: date, span: str = "") -> dict[str, date]:
    """Los valores de un período partido en sus días."""
    until = last + timedelta(days=1)
    return _bounds(span, first, until, until, until)


def _bounds(span: str, *days: date) -> dict[str, date]:
    return {span + name: day for name, day in zip(_BOUNDS, days, strict=True)}


def _month_after(day: date) -> date:
    """El primer mes que empieza ese día o después."""
    return day if day.day == 1 else (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def in_period(*figures: str, span: str = "") -> ColumnElement[bool]:
    """Las partes de unas cifras en el período que digan los valores, sin lo de prueba que ya no cuenta."""
    first, months, rest, until = (bindparam(span + name, type_=Date()) for name in _BOUNDS)
    during = or_(
        and_(Figure.grain == MONTH, Figure.period >= months, Figure.period < rest),
        and_(Figure.grain == DAY, Figure.period >= first, Figure.period < months),
        and_(Figure.grain == DAY, Figure.period >= rest, Figure.period < until),
    )
    return and_(Figure.figure.in_(figures), during, ~Figure.is_test | ~IN_PRODUCTION)


def by_subject(*figures: str, span: str = "") -> CTE:
    """Lo que suman unas cifras en un período, de cada quién: se leen una vez y de ahí sale cada parte."""
    of = Figure.figure, Figure.subject
    sums = (Figure.quantity, Figure.amount, Figure.iva_amount)
    statement = select(*of, number(Figure.number).label("number"), *(func.sum(s).label(s.key) for s in sums))
    return statement.where(in_period(*figures, span=span)).group_by(*of).cte(f"{span}summed")


def number(column: Any, only: ColumnElement[bool] | None = None) -> ColumnElement[int]:
    """La suma de lo contado."""
    return cast(total(column, only), BigInteger())


def total(column: Any, only: ColumnElement[bool] | None = None) -> ColumnElement[Any]:
    """La suma de un monto o de una cantidad.

    :param only: de qué filas; si no se dice, de todas.
    """
    whole = func.sum(column)
    return func.coalesce(whole if only is None else whole.filter(only), 0)


def invoiced(of: Any) -> ColumnElement[bool]:
    """Las facturas que son un ingreso.

    :param of: las columnas de las cifras.
    """
    return and_(of.figure == "INVOICES", of.subject.in_(INCOME_STATUSES))


def credited(of: Any) -> ColumnElement[bool]:
    """Las notas de crédito que le restan."""
    return and_(of.figure == "CREDIT_NOTES", of.subject == "ISSUED")


def net(column: Any, of: Any) -> ColumnElement[Any]:
    """Lo de las facturas menos lo de las notas de crédito."""
    return total(column, invoiced(of)) - total(column, credited(of))
