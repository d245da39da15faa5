"""Las escrituras fijas: lo que la tabla llena sola, y que solo pasan por una transacción."""

from datetime import UTC, datetime
from typing import TypedDict

import pytest
from sqlalchemy import bindparam, func, insert, select, update

from common.database import fetch_all, fetch_one, fetch_value, reading, transaction, write, write_rows
from common.errors import Conflict, Unavailable
from common.sql.statements import FixedQuery, FixedWrite, given_rows, insert_rows
from common.tables.auth import Role, User
from common.tables.base import table_of
from common.utils import clock_at
from tests import factories
from tests.common.test_database import kill

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


class NewRole(TypedDict):
    role_id: int
    name: str


users, roles = table_of(User), table_of(Role)
RENAMED = FixedWrite(update(users).where(users.c.user_id == bindparam("wanted")), "full_name")
_given = given_rows(users, "user_id", "full_name")
ALL_RENAMED = FixedWrite(
    update(users).where(users.c.user_id == _given.c.user_id).values(full_name=_given.c.full_name)
)
SEVERAL = FixedWrite(insert_rows(roles, "name").returning(roles.c.role_id, roles.c.name), returning=NewRole)
ADDED = FixedWrite(insert(table_of(Role)).returning(Role.role_id, Role.name), "name", "permissions")


def test_it_answers_what_it_returns_and_is_seen_in_its_transaction():
    with transaction() as db:
        row = fetch_one(db, ADDED, name="Nuevo", permissions=["a:b"])
        assert row is not None
        assert row["name"] == "Nuevo"
        assert fetch_value(db, select(Role.permissions).where(Role.role_id == row["role_id"])) == ["a:b"]


def test_what_the_table_fills_by_itself_follows_the_clock():
    who = factories.user(full_name="Ana")
    for at in (MORNING, MORNING.replace(hour=10)):
        with clock_at(at), transaction() as db:
            write(db, RENAMED, wanted=who, full_name=f"Ana a las {at.hour}")
            stored = fetch_one(db, select(User.full_name, User.updated_at).where(User.user_id == who))
            assert stored == {"full_name": f"Ana a las {at.hour}", "updated_at": at}


def test_a_value_that_nobody_gives_is_an_error_and_not_a_null():
    with pytest.raises(KeyError), transaction() as db:
        write(db, RENAMED, wanted=1)


def test_it_never_goes_through_a_reading():
    with pytest.raises(TypeError, match="transaction"), reading() as db:
        fetch_one(db, ADDED, name="Nuevo", permissions=[])


def test_several_rows_go_together_and_come_back_in_order():
    with transaction() as db:
        made = write_rows(db, SEVERAL, [{"name": name} for name in ("Uno %", "Dos")])
        assert [row["name"] for row in made] == ["Uno %", "Dos"]
        who = [factories.user(full_name=name) for name in ("Ana", "Luis")]
        renamed = [{"user_id": key, "full_name": f"Sra. {key}"} for key in who]
        assert write_rows(db, ALL_RENAMED, renamed) == []
        names = select(User.full_name).where(User.user_id.in_(who)).order_by(User.user_id)
        assert [row["full_name"] for row in fetch_all(db, names)] == [one["full_name"] for one in renamed]


def test_rows_from_which_nothing_is_expected_bring_nothing_back():
    quiet = FixedWrite(insert_rows(roles, "name"))
    assert "RETURNING" not in quiet.text
    with transaction() as db:
        assert write_rows(db, quiet, [{"name": name} for name in ("Uno", "Dos")]) == []
        assert fetch_all(db, select(Role.name).where(Role.name.in_(("Uno", "Dos")))) != []


def test_a_broken_rule_is_said_in_words():
    with transaction() as db:
        write(db, ADDED, name="Uno", permissions=[])
    with pytest.raises(Conflict, match="Ya existe un rol"), transaction() as db:
        write(db, ADDED, name="Uno", permissions=[])


def test_a_transaction_whose_connection_is_lost_is_unavailable_and_the_next_one_works(database_url):
    who = factories.user(full_name="Ana")
    mine = FixedQuery(dict, select(func.pg_backend_pid().label("pid")))
    with pytest.raises(Unavailable), transaction() as db:
        kill(fetch_value(db, mine), database_url)
        write(db, RENAMED, wanted=who, full_name="Otra")
    with transaction() as db:
        assert fetch_value(db, select(User.full_name).where(User.user_id == who)) == "Ana"
