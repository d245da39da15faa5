"""El PgBouncer que se entrega: muchas conexiones en pocas, y los tiempos de espera siguen valiendo."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import bindparam, select

from common.sql.driver import PreparingConnection, execute
from common.sql.statements import FixedQuery
from common.tables.auth import Role
from scripts.machine.ports import free_ports
from scripts.machine.processes import spawn, stop_all
from scripts.starting.pooler import SHIPPED, is_installed, pooler

pytestmark = pytest.mark.skipif(not is_installed(), reason="falta PgBouncer")


@pytest.fixture
def through(database_url: str, tmp_path: Path) -> Iterator[str]:
    """La dirección de la base de las pruebas, por PgBouncer."""
    pool = pooler(tmp_path / "pgbouncer", next(free_ports()), database_url)
    process = spawn(pool.task.command, tmp_path, pool.task.log, os.environ)
    try:
        while not pool.task.is_working():
            assert process.poll() is None, pool.task.last_words()
            time.sleep(0.05)
        yield pool.url
    finally:
        stop_all([process])


def ask(connection: "psycopg2.extensions.connection", query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        (value,) = cursor.fetchone()
    return value


def test_the_waits_that_the_migration_fixed_hold_behind_it(through):
    with closing(psycopg2.connect(through)) as connection:
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        assert [ask(connection, f"SHOW {name}") for name in names] == ["5s", "30s", "1min"]


def test_more_connections_than_the_pool_share_it(through):
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(psycopg2.connect(through))) for _ in range(60)]
        for connection in connections:
            connection.autocommit = True
        backends = {ask(connection, "SELECT pg_backend_pid()") for connection in connections}
        assert "default_pool_size = 20" in SHIPPED.read_text(encoding="utf-8")
        assert len(backends) <= 20
        for connection in connections:
            assert ask(connection, "SELECT count(*) FROM roles") > 0


def test_nothing_is_prepared_in_a_session_that_changes_hands(through):
    query = FixedQuery(dict, select(Role.name).where(Role.role_id == bindparam("role_id")))
    with closing(psycopg2.connect(through, connection_factory=PreparingConnection)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for _ in range(10):
                execute(cursor, query, query.values({"role_id": 1}))
                assert len(cursor.fetchall()) == 1
        assert ask(connection, "SELECT count(*) FROM pg_prepared_statements") == 0


def test_who_is_not_in_the_list_does_not_enter(through):
    with pytest.raises(psycopg2.OperationalError, match="SASL authentication failed"):
        psycopg2.connect(through.replace(":de-paso@", ":otra@"))
