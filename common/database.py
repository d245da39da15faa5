"""La base de datos: un pozo de conexiones, transacciones para escribir y lecturas sin transacción.

Es el único lugar que confirma (commit). Las lecturas van en AUTOCOMMIT: un viaje por consulta en vez de
tres, y por ellas no se puede escribir.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Self, TypeVar

import orjson
import psycopg2
from sqlalchemy import Connection, Engine, Executable, Result, create_engine
from sqlalchemy.exc import DBAPIError, MultipleResultsFound
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from common import dialect  # noqa: F401 - importarlo lo da de alta
from common.config import ConfigurationError, load_settings
from common.errors import from_database
from common.fixed_query import FixedQuery, Values
from common.pool import MovingPool

CONNECT_TIMEOUT_SECONDS = 5

Found = TypeVar("Found")

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
        poolclass=MovingPool,
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


@cache
def _autocommit(source: Engine) -> Engine:
    # El mismo pozo que las escrituras: AUTOCOMMIT se fija en la conexión, sin viaje alguno.
    return source.execution_options(isolation_level="AUTOCOMMIT")


@cache
def _repeatable(source: Engine) -> Engine:
    return source.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


class Reader:
    """Una conexión de solo lectura.

    :param repeats: si la base se reinició, abre otra y repite la consulta.
    """

    def __init__(self, source: Engine, *, repeats: bool) -> None:
        self._source = source
        self._repeats = repeats
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self.close()
        _raise_in_words(error)

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Result[Any]:
        """Ejecuta una consulta.

        :raises TypeError: si la sentencia no es de lectura.
        """
        if not getattr(statement, "is_select", False):
            raise TypeError("reading() solo admite consultas; para escribir use transaction()")
        return self._repeating(lambda connection: connection.execute(statement, parameters))

    def rows(self, query: FixedQuery, given: Mapping[str, Any]) -> Sequence[Values]:
        """Las filas de una consulta fija, pedidas a psycopg2 sin pasar por SQLAlchemy."""
        text, values = query.text, query.values(given)
        lent: Any = self._connected().connection.dbapi_connection
        try:
            with lent.cursor() as cursor:
                cursor.execute(text, values)
                found: Sequence[Values] = cursor.fetchall()
                return found
        except psycopg2.Error as error:
            lost: Callable[..., bool] = self._source.dialect.is_disconnect
            if not lost(error, lent, None):
                raise DBAPIError(text, None, error, hide_parameters=True) from error
        # La conexión se perdió: SQLAlchemy sabe descartarla, y con ella las demás que quedaron igual.
        return self._repeating(lambda other: other.exec_driver_sql(text, values).all())

    def _repeating(self, run: Callable[[Connection], Found]) -> Found:
        try:
            return run(self._connected())
        except DBAPIError as error:
            if not (error.connection_invalidated and self._repeats):
                raise
            self.close()
            return run(self._connected())

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._source.connect()
        return self._connection

    def close(self) -> None:
        """Devuelve la conexión."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


Database = Session | Reader


def _raise_in_words(error: BaseException | None) -> None:
    if isinstance(error, DBAPIError | PoolTimeout):
        spoken = from_database(error)
        if spoken is not error:
            raise spoken from error


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        _raise_in_words(error)
        raise


def reading() -> Reader:
    """Consultas sin transacción.

    :raises AppError: 503 si la base no responde.
    """
    return Reader(_autocommit(engine()), repeats=True)


def snapshot() -> Reader:
    """Consultas que ven la base en un mismo instante: así las cifras de un reporte cuadran.

    :raises AppError: 503 si la base no responde.
    """
    # Repetir una sola consulta en otra conexión mezclaría dos instantes.
    return Reader(_repeatable(engine()), repeats=False)


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


Query = Executable | FixedQuery


def fetch_all(db: Database, statement: Query, **parameters: Any) -> list[dict[str, Any]]:
    """Todas las filas, cada una como diccionario."""
    if isinstance(statement, FixedQuery):
        return statement.records(_rows(db, statement, parameters))
    return [dict(row) for row in db.execute(statement, parameters).mappings()]


def fetch_one(db: Database, statement: Query, **parameters: Any) -> dict[str, Any] | None:
    """La fila única, o None.

    :raises MultipleResultsFound: si hay más.
    """
    found = fetch_all(db, statement, **parameters)
    if len(found) > 1:
        raise MultipleResultsFound("se esperaba una fila")
    return found[0] if found else None


def fetch_value(db: Database, statement: Query, **parameters: Any) -> Any:
    """El valor único, o None."""
    if isinstance(statement, FixedQuery):
        row = fetch_one(db, statement, **parameters)
        return next(iter(row.values())) if row else None
    return db.execute(statement, parameters).scalar_one_or_none()


def _rows(db: Database, query: FixedQuery, given: Mapping[str, Any]) -> Sequence[Values]:
    if isinstance(db, Reader):
        return db.rows(query, given)
    # Como al ejecutar una consulta del ORM: lo pendiente se escribe antes de leer.
    db.flush()
    return db.connection().exec_driver_sql(query.text, query.values(given)).all()
