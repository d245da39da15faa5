"""La base de datos: un pozo de conexiones, transacciones para escribir y lecturas sin transacción.

Es el único lugar que confirma (commit). Las lecturas van en AUTOCOMMIT: un viaje por consulta en vez de
tres, y por ellas no se puede escribir.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, ClassVar

import orjson
from sqlalchemy import Connection, Engine, Executable, Result, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from common import dialect  # noqa: F401 - importarlo lo da de alta
from common.config import ConfigurationError, load_settings
from common.errors import from_database

CONNECT_TIMEOUT_SECONDS = 5

_current: ContextVar[Session | None] = ContextVar("current_transaction", default=None)


@cache
def engine() -> Engine:
    """El motor de este proceso, con tantas conexiones como hilos atiende.

    :raises ConfigurationError: si falta DATABASE_URL.
    """
    settings = load_settings()
    if not settings.database_url:
        raise ConfigurationError("DATABASE_URL: falta la dirección de la base de datos PostgreSQL.")
    return create_engine(
        settings.database_url,
        pool_size=settings.web_threads,
        max_overflow=0,
        pool_timeout=settings.db_pool_timeout_seconds,
        pool_use_lifo=True,
        skip_autocommit_rollback=True,
        # Cambiar varias filas con una misma sentencia es un solo viaje.
        executemany_mode="values_plus_batch",
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        # Un error no se lleva al registro los datos de una persona.
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
    )


class Reader:
    """Una conexión de solo lectura; si la base se reinició, abre otra y repite la consulta."""

    # El mismo pozo que las escrituras: AUTOCOMMIT se fija en la conexión, sin viaje alguno.
    options: ClassVar[dict[str, Any]] = {"isolation_level": "AUTOCOMMIT"}
    repeats = True

    def __init__(self) -> None:
        self._engine = engine().execution_options(**self.options)
        self._connection: Connection | None = None

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Result[Any]:
        """Ejecuta una consulta.

        :raises TypeError: si la sentencia no es de lectura.
        """
        if not getattr(statement, "is_select", False):
            raise TypeError("reading() solo admite consultas; para escribir use transaction()")
        try:
            return self._connected().execute(statement, parameters)
        except DBAPIError as error:
            if not (error.connection_invalidated and self.repeats):
                raise
            self.close()
            return self._connected().execute(statement, parameters)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def close(self) -> None:
        """Devuelve la conexión."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Snapshot(Reader):
    """Varias consultas que ven la base en un mismo instante: así las cifras de un reporte cuadran."""

    options: ClassVar[dict[str, Any]] = {
        "isolation_level": "REPEATABLE READ",
        "postgresql_readonly": True,
    }
    # Repetir una sola consulta en otra conexión mezclaría dos instantes.
    repeats = False


Database = Session | Reader


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        spoken = from_database(error)
        if spoken is error:
            raise
        raise spoken from error


@contextmanager
def _lent(reader: Reader) -> Iterator[Reader]:
    with _in_words():
        try:
            yield reader
        finally:
            reader.close()


def reading() -> AbstractContextManager[Reader]:
    """Consultas sin transacción.

    :raises AppError: 503 si la base no responde.
    """
    return _lent(Reader())


def snapshot() -> AbstractContextManager[Reader]:
    """Consultas que ven todas el mismo instante.

    :raises AppError: 503 si la base no responde.
    """
    return _lent(Snapshot())


@contextmanager
def transaction() -> Iterator[Session]:
    """Todo lo de dentro se confirma junto o no ocurre; si ya hay una abierta, se une a ella.

    :raises AppError: el de la restricción violada, o 503 si la base no responde.
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        outer.flush()
        return
    with _in_words(), Session(engine(), expire_on_commit=False) as session, session.begin():
        token = _current.set(session)
        try:
            yield session
        finally:
            _current.reset(token)


def fetch_all(db: Database, statement: Executable, **parameters: Any) -> list[dict[str, Any]]:
    """Todas las filas, cada una como diccionario."""
    return [dict(row) for row in db.execute(statement, parameters).mappings()]


def fetch_one(db: Database, statement: Executable, **parameters: Any) -> dict[str, Any] | None:
    """La fila única, o None."""
    row = db.execute(statement, parameters).mappings().one_or_none()
    return dict(row) if row is not None else None


def fetch_value(db: Database, statement: Executable, **parameters: Any) -> Any:
    """El valor único, o None."""
    return db.execute(statement, parameters).scalar_one_or_none()
