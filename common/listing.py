"""Las listas: una página con su total en una sola consulta, y la búsqueda de texto."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Dialect,
    Select,
    TypeDecorator,
    and_,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import SQLCoreOperations

from common.database import Database, fetch_all, fetch_value
from common.fixed_query import FixedQuery
from common.schemas import Page, Query
from common.utils import end_of_day, start_of_day

Rows = Select[*tuple[Any, ...]]
Filter = ColumnElement[bool] | Callable[[Any], ColumnElement[bool]]

_LIKE_SPECIAL = r"([\\%_])"


def escape_like(text: str) -> str:
    """El texto tal cual para LIKE: `%`, `_` y `\\` no son comodines."""
    return re.sub(_LIKE_SPECIAL, r"\\\1", text)


def matches_words(column: SQLCoreOperations[Any], search: str) -> ColumnElement[bool]:
    """Que estén todas las palabras, en cualquier orden, sin distinguir tildes ni mayúsculas."""
    searchable = func.search_text(column)
    return and_(true(), *(searchable.like(_anywhere(word)) for word in search.split()))


def _anywhere(word: str) -> ColumnElement[str]:
    # Se protege después de quitar tildes: de un «％» ancho sale un % que sería comodín.
    plain = func.regexp_replace(func.search_text(word), _LIKE_SPECIAL, r"\\\1", "g")
    return literal("%") + plain + "%"


class Listing:
    """Una lista: cómo se llama en la respuesta, su consulta, ya en orden, y los filtros que admite.

    Cada combinación de filtros es una consulta fija, que se escribe la primera vez que se pide.

    :param filters: por nombre del parámetro, su condición sobre el `bindparam` del mismo nombre; o, si su
        forma depende del valor, la función que la arma con él.
    """

    def __init__(self, plural: str, statement: Rows, **filters: Filter) -> None:
        self._plural = plural
        self._statement = statement
        self._filters = filters
        self._shaped = {name for name, one in filters.items() if not isinstance(one, ColumnElement)}
        self._fixed_pages = cache(self._fixed_page)

    def rows(self, query: Query, **also: Any) -> Rows:
        """La consulta de todas las filas que un filtro deja pasar.

        :param also: los filtros que no vienen en los parámetros de la dirección.
        """
        given = self._given(query, also)
        return self._filtered(given).params(given)

    def page(self, db: Database, query: Page, **also: Any) -> dict[str, Any]:
        """Una página: `{plural: filas, "pagination": …}`."""
        given = self._given(query, also)
        if given.keys() & self._shaped:
            return fetch_page(db, self._filtered(given).params(given), query, self._plural)
        return self._fixed_pages(tuple(given)).fetch(db, query, self._plural, given)

    def _given(self, query: Query, also: Mapping[str, Any]) -> dict[str, Any]:
        values = ((name, also[name] if name in also else getattr(query, name)) for name in self._filters)
        return {name: value for name, value in values if value not in (None, "")}

    def _filtered(self, given: Mapping[str, Any]) -> Rows:
        return self._statement.where(*(self._condition(name, value) for name, value in given.items()))

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        condition = self._filters[name]
        return condition if isinstance(condition, ColumnElement) else condition(value)

    def _fixed_page(self, names: tuple[str, ...]) -> "FixedPage":
        return FixedPage(self._filtered(dict.fromkeys(names)))


class FixedPage:
    """Las páginas de una consulta que no cambia, cada una con su total en el mismo viaje."""

    def __init__(self, statement: Rows) -> None:
        counted, count = _counted(statement)
        self._rows = FixedQuery(counted.limit(bindparam("_limit")).offset(bindparam("_offset")))
        self._count = FixedQuery(count)

    def fetch(self, db: Database, page: Page, plural: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Una página: `{plural: filas, "pagination": …}`."""
        rows = fetch_all(db, self._rows, _limit=page.per_page, _offset=page.offset, **given)
        return _page(page, plural, rows, lambda: fetch_value(db, self._count, **given))


def fetch_page(db: Database, statement: Rows, page: Page, plural: str) -> dict[str, Any]:
    """Una página de una consulta armada para esta petición: `{plural: filas, "pagination": …}`."""
    counted, count = _counted(statement)
    rows = fetch_all(db, counted.limit(page.per_page).offset(page.offset))
    return _page(page, plural, rows, lambda: fetch_value(db, count))


def _counted(statement: Rows) -> tuple[Rows, Rows]:
    """La consulta con el total en cada fila, y la del total solo."""
    count = select(func.count()).select_from(statement.order_by(None).subquery())
    return statement.add_columns(count.scalar_subquery().label("_total")), count


def _page(page: Page, plural: str, rows: list[dict[str, Any]], count: Callable[[], int]) -> dict[str, Any]:
    totals = [row.pop("_total") for row in rows]
    # Si la página quedó vacía, el total se pregunta aparte; en la primera no hay nada que contar.
    total = totals[0] if totals else (0 if page.page == 1 else count())
    pages = -(-total // page.per_page)
    pagination = {"page": page.page, "per_page": page.per_page, "total": total, "pages": pages}
    return {plural: rows, "pagination": pagination}


class _DayStart(TypeDecorator[date]):
    """Un día de la clínica, enviado como su primer instante."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """El instante que viaja."""
        return None if value is None else start_of_day(value)


class _DayEnd(_DayStart):
    """Un día de la clínica, enviado como el primer instante que ya no es suyo."""

    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """El instante que viaja."""
        return None if value is None else end_of_day(value)


def between_days(column: InstrumentedAttribute[datetime]) -> dict[str, ColumnElement[bool]]:
    """Los filtros `date_from` y `date_to` de un instante: días de la clínica, ambos incluidos."""
    return {
        "date_from": column >= bindparam("date_from", type_=_DayStart()),
        "date_to": column < bindparam("date_to", type_=_DayEnd()),
    }


def within(
    column: InstrumentedAttribute[date], date_from: date | None, date_to: date | None
) -> ColumnElement[bool]:
    """Que la fecha esté en el período, ambos días incluidos; sin límite donde falte."""
    limits = [column >= date_from] if date_from else []
    limits += [column <= date_to] if date_to else []
    return and_(true(), *limits)
