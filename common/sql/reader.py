"""Leer sin escribir: conexiones prestadas por las que no pasa más que una consulta."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar, cast

import psycopg2
from sqlalchemy import Connection, Engine, Executable, PoolProxiedConnection, Result
from sqlalchemy.exc import DBAPIError

from common.errors import raise_in_words
from common.sql.connections import MovingPool
from common.sql.driver import driver_rows, execute
from common.sql.statements import Fixed, Given, Values

Found = TypeVar("Found")


class Reader:
    """Una conexión de solo lectura."""

    def __init__(self, source: Engine) -> None:
        self._source = source
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self.close()
        raise_in_words(error)

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Result[Any]:
        """Ejecuta una consulta.

        :raises TypeError: si la sentencia no es de lectura.
        """
        if not getattr(statement, "is_select", False):
            raise TypeError("reading() solo admite consultas; para escribir use transaction()")
        return self._run(lambda connection: connection.execute(statement, parameters))

    def rows(self, statement: Fixed[Any], values: Given) -> Sequence[Values]:
        """Las filas de una consulta fija."""
        return self._run(lambda connection: connection.exec_driver_sql(statement.text, values).all())

    def _run(self, run: Callable[[Connection], Found]) -> Found:
        if self._connection is None:
            self._connection = self._source.connect()
        return run(self._connection)

    def close(self) -> None:
        """Devuelve la conexión."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class QuickReader(Reader):
    """Consultas sueltas: cada una ve lo último y, si la base se reinició, se repite en otra conexión.

    Las ya escritas se piden a psycopg2 sin pasar por SQLAlchemy, que cuesta tanto como la consulta.
    """

    def __init__(self, source: Engine) -> None:
        super().__init__(source)
        self._pool = cast(MovingPool, source.pool)
        self._lent: PoolProxiedConnection | None = None

    def rows(self, statement: Fixed[Any], values: Given) -> Sequence[Values]:
        """Las filas de una consulta fija."""
        found = driver_rows(
            self._borrowed(),
            self._source.dialect,
            statement.text,
            lambda cursor: execute(cursor, statement, values),
        )
        # SQLAlchemy sabe descartar la conexión perdida, y con ella las demás que quedaron igual.
        return super().rows(statement, values) if found is None else found

    def _borrowed(self) -> PoolProxiedConnection:
        if self._lent is None:
            super().close()
            try:
                self._lent = self._pool.connect()
            except psycopg2.Error as error:
                raise DBAPIError(None, None, error, hide_parameters=True) from error
        return self._lent

    def _run(self, run: Callable[[Connection], Found]) -> Found:
        self._give_back()
        try:
            return super()._run(run)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self.close()
            return super()._run(run)

    def _give_back(self) -> None:
        """Devuelve la conexión prestada: quien lee tiene una y no más."""
        lent, self._lent = self._lent, None
        if lent is None:
            return
        driver: Any = lent.dbapi_connection
        if driver.closed:
            lent.invalidate()
            lent.close()
        else:
            self._pool.leave_at_hand(lent)

    def close(self) -> None:
        """Devuelve la conexión."""
        self._give_back()
        super().close()
