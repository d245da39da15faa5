"""Las sentencias preparadas: dan lo mismo, no se acumulan y sobreviven a un cambio de las tablas."""

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import psycopg2
import pytest
from sqlalchemy import Integer, Text, bindparam, column, literal, select, table, update

from common.database import fetch_value, reading, transaction
from common.errors import Unavailable
from common.sql import driver
from common.sql.driver import PreparingConnection, execute
from common.sql.statements import FixedQuery, FixedWrite, VaryingQuery, given_rows
from common.tables.auth import Role
from common.tables.base import table_of

roles = table_of(Role)
ROLE = select(Role.name).where(Role.role_id == bindparam("role_id"))


@pytest.fixture
def session(database_url: str) -> Iterator[PreparingConnection]:
    """Una sesión recién abierta, como las del pozo."""
    url = database_url.replace("+psycopg2", "")
    with closing(psycopg2.connect(url, connection_factory=PreparingConnection)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            if cursor.fetchone()[0] != connection.info.backend_pid:
                pytest.skip("tras PgBouncer no se prepara nada")
        yield connection


def rows(session, query, **given):
    with session.cursor() as cursor:
        execute(cursor, query, query.values(given))
        return cursor.fetchall()


def kept(session):
    with session.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")
        return [statement for (statement,) in cursor.fetchall()]


def test_a_statement_is_prepared_once_and_serves_for_every_value(session):
    query = FixedQuery(dict, ROLE)
    names = [rows(session, query, role_id=number) for number in (1, 2, 1, 999_999)]
    assert names[0] == names[2] != names[1]
    assert names[3] == []
    assert len(kept(session)) == 1


def test_its_constants_are_inside_and_its_values_keep_their_type(session):
    query = FixedQuery(
        dict,
        select(
            literal("100 %: «%(no)s»", Text()).label("sign"),
            bindparam("number", type_=Integer()).label("number"),
        ),
    )
    assert rows(session, query, number=7) == [("100 %: «%(no)s»", 7)]
    assert "«%(no)s»" in kept(session)[0]
    assert rows(session, query, number=None) == [("100 %: «%(no)s»", None)]


def test_one_without_values_is_prepared_too(session):
    query = FixedQuery(dict, select(literal(1).label("one")))
    assert rows(session, query) == rows(session, query) == [(1,)]
    assert len(kept(session)) == 1


def test_one_that_varies_with_its_values_travels_as_text(session):
    rows(session, VaryingQuery(dict, ROLE), role_id=1)
    assert kept(session) == []


def test_a_value_with_another_by_default_is_refused_where_it_would_be_ignored():
    optional = bindparam("number", 1, type_=Integer()).label("number")
    with reading() as db:
        assert fetch_value(db, VaryingQuery(dict, select(optional)), number=2) == 2
        with pytest.raises(TypeError, match="number"):
            fetch_value(db, FixedQuery(dict, select(optional)), number=2)


def test_a_session_does_not_keep_more_than_its_share(session, monkeypatch):
    monkeypatch.setattr(driver, "MOST", 3)
    for number in range(6):
        assert rows(session, FixedQuery(dict, select(literal(number).label("number")))) == [(number,)]
    assert len(kept(session)) == 3


def test_several_rows_are_the_same_prepared_statement_however_many(session):
    given = given_rows(roles, "role_id", "name")
    renamed = FixedWrite(update(roles).where(roles.c.role_id == given.c.role_id).values(name=given.c.name))
    session.autocommit = False
    with session.cursor() as cursor:
        for keys in ([1], [1, 2, 3]):
            names = [f"Rol {key}" for key in keys]
            execute(cursor, renamed, renamed.values({"role_id": keys, "name": names}))
        cursor.execute("SELECT name FROM roles WHERE role_id = ANY('{1,2,3}') ORDER BY role_id")
        assert [name for (name,) in cursor.fetchall()] == names
    session.rollback()
    assert len(kept(session)) == 1


@pytest.fixture
def changing(session: PreparingConnection) -> Iterator[tuple[FixedQuery, Callable[[str], None]]]:
    """La consulta de una tabla, y cómo se cambia el tipo de su columna."""
    name = f"cambia_{uuid4().hex[:8]}"

    def run(statement: str) -> None:
        with session.cursor() as cursor:
            cursor.execute(statement)

    run(f"CREATE TABLE {name} (one integer); INSERT INTO {name} VALUES (1)")
    yield (
        FixedQuery(dict, select(column("one", Integer())).select_from(table(name))),
        lambda kind: run(f"ALTER TABLE {name} ALTER one TYPE {kind}"),
    )
    run(f"DROP TABLE {name}")


def test_a_reading_goes_on_when_a_migration_changes_its_table(changing):
    query, change = changing
    with reading() as db:
        assert fetch_value(db, query) == 1
    change("text")
    with reading() as db:
        assert fetch_value(db, query) == "1"


def test_a_transaction_that_finds_its_table_changed_asks_to_try_again(changing):
    query, change = changing
    with transaction() as db:
        assert fetch_value(db, query) == 1
    change("text")
    with pytest.raises(Unavailable), transaction() as db:
        fetch_value(db, query)
    with transaction() as db:
        assert fetch_value(db, query) == "1"
