"""Sentencias preparadas: PostgreSQL guarda cómo hacer cada una y por la red viajan su nombre y sus valores.

De una consulta por clave, entenderla y planearla cuesta más que hacerla. Solo se prepara en una sesión
propia: detrás de un PgBouncer que las reparte, lo preparado quedaría en la de otro, y todo viaja como texto.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import psycopg2.extensions
from psycopg2.errors import FeatureNotSupported
from sqlalchemy import Dialect, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

from common.sql.statements import Fixed, Given, Values

# Cuántas guarda una sesión; cada una ocupa en la base unas decenas de kB. Las demás viajan como texto.
MOST = 200
_PLACE = re.compile(r"%%|%\((\w+)\)s")


def _bytes(value: str | bytes | None, cursor: Any) -> bytes | None:
    return None if value is None else bytes(psycopg2.BINARY(value, cursor))


# Lo binario llega como bytes, y no como una vista de la memoria de psycopg2.
_BYTES: Any = psycopg2.extensions.new_type(psycopg2.BINARY.values, "BYTES", _bytes)


def execute(cursor: Any, statement: Fixed[Any], values: Given) -> None:
    """Ejecuta una sentencia fija en un cursor de una :class:`PreparingConnection`.

    :param values: los de :meth:`Fixed.values`.
    """
    connection: PreparingConnection = cursor.connection
    cursor.execute(connection.call(cursor, statement), values)


class PreparingConnection(psycopg2.extensions.connection):
    """Una conexión que sabe qué tiene preparado en su sesión."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        psycopg2.extensions.register_type(_BYTES, self)
        # Por sentencia y no por su texto: dos que solo difieren en una constante se escriben igual.
        self._calls: dict[Fixed[Any], str] = {}
        self._owns_session: bool | None = None

    def call(self, cursor: Any, statement: Fixed[Any]) -> str:
        """El SQL con que se pide una sentencia: el de la preparada, o su texto si no conviene prepararla."""
        known = self._calls.get(statement)
        if known is not None:
            return known
        if not statement.is_prepared or len(self._calls) == MOST or not self._is_direct(cursor):
            return statement.text
        preparation, call = _written(statement, f"fixed_{len(self._calls)}")
        cursor.execute(preparation, statement.constants)
        self._calls[statement] = call
        return call

    def is_outdated(self, error: Exception) -> bool:
        """Si falló porque una tabla cambió desde que se preparó: la conexión ya no sirve."""
        return bool(self._calls) and isinstance(error, FeatureNotSupported)

    def _is_direct(self, cursor: Any) -> bool:
        """Si del otro lado está siempre el mismo proceso de PostgreSQL: el que se presentó al conectar."""
        if self._owns_session is None:
            cursor.execute("SELECT pg_backend_pid()")
            self._owns_session = cursor.fetchone()[0] == self.info.backend_pid
        return self._owns_session


def _written(statement: Fixed[Any], name: str) -> tuple[str, str]:
    """Cómo se prepara y cómo se pide; lo constante queda dentro, para que el plan lo tenga en cuenta."""
    given: list[str] = []

    def numbered(place: re.Match[str]) -> str:
        if place[1] is None or place[1] in statement.constants:
            return place[0]
        if place[1] not in given:
            given.append(place[1])
        return f"${given.index(place[1]) + 1}"

    text = _PLACE.sub(numbered, statement.text)
    types = ", ".join(statement.types.get(one, "unknown") for one in given)
    values = ", ".join(f"%({one})s" for one in given)
    return f"PREPARE {name}{_listed(types)} AS {text}", f"EXECUTE {name}{_listed(values)}"


def _listed(items: str) -> str:
    return f" ({items})" if items else ""


def driver_rows(
    lent: PoolProxiedConnection, dialect: Dialect, text: str, run: Callable[[Any], None]
) -> Sequence[Values] | None:
    """Las filas de una sentencia ya escrita, pedidas a psycopg2 sin pasar por SQLAlchemy.

    :param run: la ejecuta en un cursor.
    :returns: None si la conexión se perdió o dejó de servir.
    """
    driver: Any = lent.dbapi_connection
    try:
        with driver.cursor() as cursor:
            run(cursor)
            found: Sequence[Values] = cursor.fetchall() if cursor.description else ()
            return found
    except psycopg2.Error as error:
        is_lost: Callable[..., bool] = dialect.is_disconnect
        if driver.is_outdated(error):
            driver.close()
        elif not is_lost(error, driver, None):
            raise DBAPIError(text, None, error, hide_parameters=True) from error
    return None
