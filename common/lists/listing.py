"""Las listas: una página con su total en una sola consulta, y la búsqueda de texto."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any, Generic

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.sql.elements import SQLCoreOperations

from common.database import Database, fetch_all, fetch_value
from common.lists.daily_lists import SHALLOW, Daily
from common.sql.statements import FixedQuery, Row, VaryingQuery, check_columns
from common.web.schemas import PER_PAGE, Page, Payload, Query

Rows = Select[*tuple[Any, ...]]
Filter = ColumnElement[bool] | Callable[[Any], ColumnElement[bool]]

_LIKE_SPECIAL = r"([\\%_])"

# Hasta cuántas se cuentan de una búsqueda de texto: contarlas todas cuesta más cuantas más haya, y nadie
# pasa las páginas de diez mil Marías.
COUNTED = 1000


def escape_like(text: str) -> str:
    """El texto tal cual para LIKE: `%`, `_` y `\\` no son comodines."""
    return re.sub(_LIKE_SPECIAL, r"\\\1", text)


def matches_words(column: SQLCoreOperations[Any], search: str) -> ColumnElement[bool]:
    """Que estén todas las palabras, en cualquier orden, sin distinguir tildes ni mayúsculas."""
    searchable = func.search_text(column)
    return and_(true(), *(searchable.like(anywhere(word)) for word in search.split()))


def anywhere(word: str | ColumnElement[str]) -> ColumnElement[str]:
    """El patrón de LIKE de lo que contiene ese texto, sin distinguir tildes ni mayúsculas."""
    # Se protege después de quitar tildes: de un «％» ancho sale un % que sería comodín.
    plain = func.regexp_replace(func.search_text(word), _LIKE_SPECIAL, r"\\\1", "g")
    return literal("%") + plain + "%"


class Listing(Generic[Row]):
    """Una lista: la forma de sus filas, cómo se llama en la respuesta, su consulta y los filtros que admite.

    Cada combinación de filtros es una consulta fija, que se escribe la primera vez que se pide.

    :param statement: ya en orden.
    :param daily: cómo se cuenta por días, si es de las que crecen sin fin; también la ordena.
    :param filters: por nombre del parámetro, su condición sobre el `bindparam` del mismo nombre; o, si su
        forma depende del valor, la función que la arma con él.
    """

    def __init__(
        self,
        row: type[Row],
        plural: str,
        statement: Rows,
        daily: Daily | None = None,
        /,
        **filters: Filter,
    ) -> None:
        check_columns(row, tuple(statement.exported_columns.keys()))
        self._plural = plural
        self._statement = statement.order_by(*daily.order) if daily else statement
        self._daily = daily
        self._filters = filters
        self._shaped = {name for name, one in filters.items() if not isinstance(one, ColumnElement)}
        self._fixed_pages = cache(self._fixed_page)

    def rows(self, query: Query, **also: Any) -> Rows:
        """La consulta de todas las filas que un filtro deja pasar.

        :param also: los filtros que no vienen en los parámetros de la dirección.
        """
        given = self._given(query, also)
        return self._filtered(given).params(given)

    def page(
        self,
        db: Database,
        query: Page,
        *,
        complete: Callable[[list[Row]], Sequence[Mapping[str, Any]]] | None = None,
        **also: Any,
    ) -> Payload:
        """Una página: `{plural: filas, "pagination": …}`.

        :param complete: lo que se agrega a las filas de la página.
        """
        given = self._given(query, also)
        rows, total = self._page_of(query, given).fetch(db, query, given)
        return {self._plural: complete(rows) if complete else rows, "pagination": query.of(total)}

    def _page_of(self, query: Page, given: Mapping[str, Any]) -> "FixedPage[Row]":
        if given.keys() & self._shaped:
            statement = self._filtered(given)
            return FixedPage(_shallow(statement), _count(statement.limit(COUNTED)), _built)
        if not given and query.page == 1 and query.per_page == PER_PAGE:
            return self._front_page
        return self._fixed_pages(tuple(given), query.offset > SHALLOW)

    def _given(self, query: Query, also: Mapping[str, Any]) -> dict[str, Any]:
        values = ((name, also[name] if name in also else getattr(query, name)) for name in self._filters)
        return {name: value for name, value in values if value not in (None, "")}

    def _filtered(self, given: Mapping[str, Any]) -> Rows:
        return self._statement.where(*self._conditions(given))

    def _conditions(self, given: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        return [self._condition(name, value) for name, value in given.items()]

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        condition = self._filters[name]
        return condition if isinstance(condition, ColumnElement) else condition(value)

    @cached_property
    def _front_page(self) -> "FixedPage[Row]":
        """La primera sin filtros, que es la que más se pide. Siempre igual, es la única que se prepara."""
        count = self._daily.total(()) if self._daily else _count(self._statement)
        return FixedPage(self._statement.limit(PER_PAGE), count, _PREPARED)

    def _fixed_page(self, names: tuple[str, ...], deep: bool) -> "FixedPage[Row]":
        given = dict.fromkeys(names)
        statement = self._filtered(given)
        if self._daily is None:
            return FixedPage(_shallow(statement), _count(statement))
        conditions = self._conditions(given)
        if not self._daily.counts(names):
            return FixedPage(_shallow(statement), self._daily.counted(conditions))
        # De un estado poco reciente también: si no, PostgreSQL podría recorrer desde hoy hasta encontrarlo.
        jumps = deep or self._daily.subject in names
        rows = self._daily.page(self._statement, conditions, names) if jumps else _shallow(statement)
        return FixedPage(rows, self._daily.total(names))


def _shallow(statement: Rows) -> Rows:
    return statement.limit(bindparam("_limit")).offset(bindparam("_offset"))


# Cada fila lleva además el total; que las otras columnas son las suyas lo comprueba :class:`Listing`.
_PREPARED: Callable[[Rows], Any] = partial(FixedQuery, dict)
_VARYING: Callable[[Rows], Any] = partial(VaryingQuery, dict)


class FixedPage(Generic[Row]):
    """Las páginas de una consulta que no cambia, cada una con su total en el mismo viaje.

    :param rows: la de las filas, con `_limit` y `_offset` si son varias páginas; `count`, la del total.
    :param kind: cómo viajan.
    """

    def __init__(self, rows: Rows, count: Select[int], kind: Callable[[Rows], Any] = _VARYING) -> None:
        self._rows = kind(rows.add_columns(count.scalar_subquery().label("_total")))
        self._count = kind(count)

    def fetch(self, db: Database, page: Page, given: Mapping[str, Any]) -> tuple[list[Row], int]:
        """Las filas de una página y el total."""
        rows = fetch_all(db, self._rows, _limit=page.per_page, _offset=page.offset, **given)
        totals = [row.pop("_total") for row in rows]
        if totals or page.page == 1:
            return rows, totals[0] if totals else 0
        # Si la página quedó vacía, el total se pregunta aparte.
        return rows, fetch_value(db, self._count, **given)


def _built(statement: Rows) -> Rows:
    """Una consulta cuya forma depende de los valores: la traduce SQLAlchemy cada vez."""
    return statement


def _count(statement: Rows) -> Select[int]:
    return select(func.count()).select_from(statement.order_by(None).subquery())
