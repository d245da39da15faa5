"""Los filtros por día de una columna que guarda instantes."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, DateTime, Dialect, bindparam
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator

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
