"""Las listas ordenadas por fecha, por largas que sean: su total y sus páginas hondas salen de las cifras.

Contar un millón de filas, o saltarse medio, cuesta más cuanto más hay. Las cifras del día ya dicen cuántas
hay de cada uno: se suman para el total, y para una página honda dicen en qué día empieza.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Select,
    String,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator

from common.tables.figures import DAY, MONTH, Figure
from common.utils import end_of_day, start_of_day


class DayStart(TypeDecorator[date]):
    """Un día de la clínica, enviado como su primer instante."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """El instante que viaja."""
        return None if value is None else start_of_day(value)


class DayEnd(DayStart):
    """Un día de la clínica, enviado como el primer instante que ya no es suyo."""

    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """El instante que viaja."""
        return None if value is None else end_of_day(value)


def between_days(column: InstrumentedAttribute[datetime]) -> dict[str, ColumnElement[bool]]:
    """Los filtros `date_from` y `date_to` de un instante: días de la clínica, ambos incluidos."""
    return {
        "date_from": column >= bindparam("date_from", type_=DayStart()),
        "date_to": column < bindparam("date_to", type_=DayEnd()),
    }


Rows = Select[*tuple[Any, ...]]

# Hasta aquí saltarse filas cuesta menos que buscar el día.
SHALLOW = 500
_DATES = {"date_from", "date_to"}


@dataclass(frozen=True)
class Daily:
    """Cómo se cuenta por días una lista.

    :param figure: la cifra que la cuenta.
    :param moment: la columna que la ordena, lo último primero: un día o un instante.
    :param key: la que desempata.
    :param subject: el filtro que la cifra separa; los demás que sabe contar son `date_from` y `date_to`.
    """

    figure: str
    moment: InstrumentedAttribute[Any]
    key: InstrumentedAttribute[int]
    subject: str

    @property
    def order(self) -> tuple[Any, Any]:
        """Lo último primero."""
        return self.moment.desc(), self.key.desc()

    def counts(self, filters: Iterable[str]) -> bool:
        """Si las cifras separan lo que dejan pasar esos filtros."""
        return set(filters) <= {self.subject, *_DATES}

    def counted(self, conditions: Iterable[Any]) -> Select[int]:
        """La consulta de cuántas filas cumplen otras condiciones; se cuentan en su sola tabla."""
        return select(func.count()).select_from(self.key.class_).where(*conditions)

    def total(self, filters: Iterable[str]) -> Select[int]:
        """La consulta de cuántas filas dejan pasar."""
        grain = DAY if set(filters) & _DATES else MONTH
        number = cast(func.coalesce(func.sum(Figure.number), 0), BigInteger())
        return select(number).where(*self._of(filters, grain))

    def page(self, statement: Rows, conditions: Iterable[Any], filters: Iterable[str]) -> Rows:
        """La página `_limit`, `_offset` de una lista, buscando primero en qué día empieza.

        :param conditions: las de los filtros, sobre la tabla de la lista.
        """
        days = (
            select(Figure.period.label("day"), func.sum(Figure.number).label("number"))
            .where(*self._of(filters, DAY))
            .group_by(Figure.period)
            .cte("days")
        )
        through = func.sum(days.c.number).over(order_by=days.c.day.desc()).label("through")
        running = select(days, through).cte("running")
        offset = bindparam("_offset", type_=BigInteger())
        start = (
            select(running.c.day, (offset - (running.c.through - running.c.number)).label("skipped"))
            .where(running.c.through > offset)
            .order_by(running.c.day.desc())
            .limit(1)
            .cte("start")
        )
        keys = (
            select(self.key)
            .where(*conditions, self._until(select(start.c.day).scalar_subquery()))
            .order_by(*self.order)
            .limit(bindparam("_limit"))
            .offset(select(start.c.skipped).scalar_subquery())
        )
        return statement.where(self.key.in_(keys))

    def _until(self, day: Any) -> Any:
        """Hasta el final de ese día."""
        if self._holds_days:
            return self.moment <= day
        return self.moment < func.timezone(func.clinic_zone(), cast(day + 1, DateTime()))

    def _of(self, filters: Iterable[str], grain: str) -> list[Any]:
        conditions = [Figure.figure == self.figure, Figure.grain == grain]
        if self.subject in filters:
            conditions.append(Figure.subject == cast(bindparam(self.subject), String))
        if "date_from" in filters:
            conditions.append(Figure.period >= self._day("date_from", DayStart()))
        if "date_to" in filters:
            last = self._day("date_to", DayEnd())
            conditions.append(Figure.period <= last if self._holds_days else Figure.period < last)
        return conditions

    @property
    def _holds_days(self) -> bool:
        return isinstance(self.moment.type, Date)

    def _day(self, name: str, sent: DayStart) -> Any:
        """El día de un filtro, que viaja como en la lista: si ella guarda instantes, como el suyo."""
        return bindparam(name) if self._holds_days else func.clinic_day(bindparam(name, type_=sent))
