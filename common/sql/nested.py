"""Filas dentro de una fila: lo que cuelga de un recurso llega con él en un solo viaje.

PostgreSQL las junta en JSON, que no tiene decimales ni instantes: los primeros viajan como texto, para no
perder cifras, y los dos se leen al llegar.
"""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, DateTime, Label, Numeric, Text, Time, cast, func, literal_column, select
from sqlalchemy.sql.expression import SelectBase
from sqlalchemy.types import NullType

_READERS: tuple[tuple[type[Any], Callable[[str], Any]], ...] = (
    (DateTime, datetime.fromisoformat),
    (Date, date.fromisoformat),
    (Time, time.fromisoformat),
    (Numeric, Decimal),
)


class Nested:
    """Las filas de una consulta como una columna de otra.

    :param statement: la consulta; comparte los `bindparam` de la de fuera.
    :raises TypeError: si de una columna no se sabe el tipo.
    """

    def __init__(self, name: str, statement: SelectBase) -> None:
        self.name = name
        if any(isinstance(column.type, NullType) for column in statement.selected_columns):
            raise TypeError(f"{name}: sin saber el tipo de cada columna, un decimal llegaría inexacto")
        self._statement = statement
        self._readers = {
            column.name: read
            for column in statement.selected_columns
            for kind, read in _READERS
            if isinstance(column.type, kind)
        }

    @property
    def column(self) -> Label[Any]:
        """La columna que las lleva: una lista, vacía si no hay."""
        inner = self._statement.subquery()
        exact = (cast(one, Text).label(one.name) if isinstance(one.type, Numeric) else one for one in inner.c)
        rows = select(*exact).subquery()
        whole = func.json_agg(rows.table_valued())
        found = select(func.coalesce(whole, literal_column("'[]'::json")))
        return found.scalar_subquery().label(self.name)

    def read(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Las filas, cada valor con su tipo."""
        for row in rows:
            for name, read in self._readers.items():
                if row[name] is not None:
                    row[name] = read(row[name])
        return rows
