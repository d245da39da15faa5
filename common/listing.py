"""Las listas: una página con su total en una sola consulta, y la búsqueda de texto."""

import re
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, true
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import SQLCoreOperations

from common.database import Database
from common.schemas import Page

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


def fetch_page(db: Database, statement: Select[*tuple[Any, ...]], page: Page, plural: str) -> dict[str, Any]:
    """Una página de la consulta: `{plural: filas, "pagination": …}`."""
    count = select(func.count()).select_from(statement.order_by(None).subquery())
    counted = statement.add_columns(count.scalar_subquery().label("_total"))
    result = db.execute(counted.limit(page.per_page).offset(page.offset))
    rows = [dict(row) for row in result.mappings()]
    totals = [row.pop("_total") for row in rows]
    total = totals[0] if totals else _count(db, count, page)
    return {plural: rows, "pagination": _pagination(page, total)}


def _count(db: Database, count: Select[Any], page: Page) -> int:
    """El total cuando la página quedó vacía: en la primera no hay nada que contar."""
    return 0 if page.page == 1 else int(db.execute(count).scalar_one())


def _pagination(page: Page, total: int) -> dict[str, int]:
    pages = -(-total // page.per_page)
    return {"page": page.page, "per_page": page.per_page, "total": total, "pages": pages}


def within(
    column: InstrumentedAttribute[date], date_from: date | None, date_to: date | None
) -> ColumnElement[bool]:
    """Que la fecha esté en el período, ambos días incluidos; sin límite donde falte."""
    limits = [column >= date_from] if date_from else []
    limits += [column <= date_to] if date_to else []
    return and_(true(), *limits)
