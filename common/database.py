"""La base de datos: un pozo de conexiones, transacciones para escribir y lecturas sin transacción.

Es el único lugar que confirma (commit). Las lecturas van en AUTOCOMMIT: un viaje por consulta en vez de
tres, y por ellas no se puede escribir.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, cast, overload

import orjson
from sqlalchemy import Connection, Engine, Executable, create_engine
from sqlalchemy.exc import MultipleResultsFound
from sqlalchemy.orm import Session, configure_mappers

from common.config import load_settings
from common.errors import in_words
from common.machine.embedded import database_url
from common.sql.connections import MovingPool
from common.sql.driver import PreparingConnection, driver_rows, execute
from common.sql.reader import QuickReader, Reader
from common.sql.statements import Fixed, FixedQuery, FixedWrite, Given, Row, Value, ValueQuery, Values

CONNECT_TIMEOUT_SECONDS = 5
# Un equipo que desaparece sin despedirse no cierra sus conexiones: se le pregunta si sigue ahí, y a los 25
# segundos sin respuesta se da por perdida.
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
UNANSWERED_MILLISECONDS = 25_000

_current: ContextVar[Session | None] = ContextVar("current_transaction", default=None)


@cache
def engine() -> Engine:
    """El motor de este proceso, con tantas conexiones como hilos atiende.

    :raises ConfigurationError: si no hay base.
    """
    return _resting().execution_options(isolation_level="READ COMMITTED")


@cache
def _resting() -> Engine:
    """El pozo con las conexiones como reposan: en AUTOCOMMIT, para que leer no tenga que cambiarlas."""
    settings = load_settings()
    return create_engine(
        database_url(),
        poolclass=MovingPool,
        pool_size=settings.web_threads,
        max_overflow=0,
        pool_timeout=settings.db_pool_timeout_seconds,
        pool_use_lifo=True,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        # Un error no se lleva al registro los datos de una persona.
        hide_parameters=True,
        connect_args={
            "connection_factory": PreparingConnection,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            **KEEPALIVE,
            "tcp_user_timeout": UNANSWERED_MILLISECONDS,
        },
    )


@cache
def _repeatable() -> Engine:
    return _resting().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def make_ready() -> None:
    """Arma, sin conectarse, lo que si no armaría cada proceso tras bifurcarse: así lo comparten."""
    configure_mappers()
    engine()
    _repeatable()


def ensure_unconnected() -> None:
    """Comprueba que este proceso, recién bifurcado, no heredó ninguna conexión.

    :raises RuntimeError: si la heredó: dos procesos hablarían a la vez por ella.
    """
    pool = cast(MovingPool, _resting().pool)
    if pool.checkedin() + pool.checkedout():
        raise RuntimeError("la base se abrió antes de bifurcar: nada puede usarla al importarse")


Database = Session | Reader


def reading() -> Reader:
    """Consultas sin transacción.

    :raises AppError: 503 si la base no responde.
    """
    return QuickReader(_resting())


def snapshot() -> Reader:
    """Consultas que ven la base en un mismo instante: así las cifras de un reporte cuadran.

    :raises AppError: 503 si la base no responde.
    """
    return Reader(_repeatable())


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
    with (
        in_words(),
        _resting().connect() as connection,
        _begun(connection),
        Session(connection, expire_on_commit=False) as session,
    ):
        token = _current.set(session)
        try:
            yield session
            session.flush()
        finally:
            _current.reset(token)


@contextmanager
def _begun(connection: Connection) -> Iterator[None]:
    """Una transacción en una conexión de las que reposan; al salir vuelve a reposar.

    Si fuera SQLAlchemy quien la cambia (`isolation_level`), y la sesión quien empieza y confirma, costaría en
    Python lo que cinco sentencias.
    """
    driver: Any = connection.connection.dbapi_connection
    isolate = connection.dialect.set_isolation_level
    isolate(driver, "READ COMMITTED")
    try:
        with connection.begin():
            yield
    finally:
        if not driver.closed:
            isolate(driver, "AUTOCOMMIT")


@overload
def fetch_all(db: Database, statement: Fixed[Row], **parameters: Any) -> list[Row]: ...


@overload
def fetch_all(db: Database, statement: Executable, **parameters: Any) -> list[dict[str, Any]]: ...


def fetch_all(db: Database, statement: Any, **parameters: Any) -> Any:
    """Todas las filas, con la forma que declara la consulta."""
    if isinstance(statement, Fixed):
        return statement.records(_rows(db, statement, parameters))
    return [dict(row) for row in db.execute(statement, parameters).mappings()]


@overload
def fetch_one(db: Database, statement: Fixed[Row], **parameters: Any) -> Row | None: ...


@overload
def fetch_one(db: Database, statement: Executable, **parameters: Any) -> dict[str, Any] | None: ...


def fetch_one(db: Database, statement: Any, **parameters: Any) -> Any:
    """La fila única, o None.

    :raises MultipleResultsFound: si hay más.
    """
    found = fetch_all(db, statement, **parameters)
    if len(found) > 1:
        raise MultipleResultsFound("se esperaba una fila")
    return found[0] if found else None


@overload
def fetch_value(db: Database, statement: ValueQuery[Value], **parameters: Any) -> Value | None: ...


@overload
def fetch_value(db: Database, statement: Fixed[Any] | Executable, **parameters: Any) -> Any: ...


def fetch_value(db: Database, statement: Any, **parameters: Any) -> Any:
    """El valor único, o None."""
    if not isinstance(statement, Fixed):
        return db.execute(statement, parameters).scalar_one_or_none()
    found: Any = fetch_one(db, statement, **parameters)
    # El de una consulta de valores puede ser él mismo un diccionario: un objeto JSON.
    is_the_value = found is None or isinstance(statement, ValueQuery)
    return found if is_the_value else next(iter(found.values()))


def write(db: Session, statement: FixedWrite[Any], **parameters: Any) -> None:
    """Escribe sin esperar filas de vuelta."""
    _rows(db, statement, parameters)


def write_rows(db: Session, statement: FixedWrite[Row], rows: Sequence[Given], **shared: Any) -> list[Row]:
    """Escribe varias filas, al menos una, en un solo viaje; devuelve lo que deja cada una, en su orden.

    :param statement: sobre :func:`common.sql.statements.given_rows`.
    :param shared: lo que es igual en todas.
    """
    return fetch_all(db, statement, **{name: [row[name] for row in rows] for name in rows[0]}, **shared)


def _rows(db: Database, statement: Fixed[Any], given: Given) -> Sequence[Values]:
    values = statement.values(given)
    if isinstance(db, Reader):
        if not isinstance(statement, FixedQuery):
            raise TypeError("reading() solo admite consultas; para escribir use transaction()")
        return db.rows(statement, values)
    return _run(db, statement.text, values, lambda cursor: execute(cursor, statement, values))


def _run(db: Session, text: str, values: Given, run: Callable[[Any], None]) -> Sequence[Values]:
    # Como al ejecutar una consulta del ORM: lo pendiente se escribe antes.
    db.flush()
    connection = cast(Connection, db.bind)
    found = driver_rows(connection.connection, connection.dialect, text, run)
    # Si la conexión se perdió, que sea SQLAlchemy quien lo vea y deshaga la transacción.
    return connection.exec_driver_sql(text, values).all() if found is None else found
