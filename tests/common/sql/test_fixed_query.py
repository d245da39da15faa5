"""Las consultas fijas: el mismo resultado que por SQLAlchemy, con sus valores."""

from dataclasses import dataclass
from typing import TypedDict

import pytest
from sqlalchemy import Boolean, Text, bindparam, case, cast, delete, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from common.database import fetch_all, fetch_one, fetch_value, reading, snapshot, transaction
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import Role, User
from common.tables.inventario import Product
from common.tables.platform import AuditLog
from tests import factories


def test_it_gives_what_the_same_statement_gives(api):
    factories.product()
    api("historia_clinica", role="Doctor").get(f"/patients/{factories.patient()}")
    for table in (User, Role, Product, AuditLog):
        statement = select(*table.__table__.columns)
        with reading() as db:
            plain = fetch_all(db, statement)
            assert plain
            assert fetch_all(db, FixedQuery(dict, statement)) == plain


@pytest.mark.parametrize("opened", [reading, snapshot, transaction])
def test_its_values_are_given_constant_or_computed(opened):
    days = []
    computed = bindparam("day", callable_=lambda: days[-1], type_=Text())
    days.append("domingo")
    chosen = case((bindparam("wanted", type_=Boolean()), "sí"), else_="no").label("chosen")
    query = FixedQuery(
        dict,
        select(computed.label("day"), chosen, literal("100%").label("sign")).where(
            bindparam("name", type_=Text()).in_(("uno", "dos")),
            cast(["a"], ARRAY(Text)).contains(["a"]),
        ),
    )
    with opened() as db:
        for today in ("lunes", "martes"):
            days.append(today)
            row = fetch_one(db, query, wanted=True, name="dos")
            assert row == {"day": today, "chosen": "sí", "sign": "100%"}
        assert fetch_one(db, query, wanted=False, name="tres") is None


def test_a_value_that_nobody_gives_is_an_error_and_not_a_null():
    query = FixedQuery(dict, select(User.user_id).where(User.email == bindparam("email")))
    with reading() as db, pytest.raises(KeyError):
        fetch_one(db, query)


def test_it_reads_a_union():
    one, two = (select(literal(number).label("number")) for number in (1, 2))
    with reading() as db:
        assert fetch_all(db, FixedQuery(dict, union_all(one, two))) == [{"number": 1}, {"number": 2}]


def test_it_only_reads():
    with pytest.raises(TypeError, match="solo lee"):
        FixedQuery(dict, delete(Role))


def test_in_a_transaction_it_sees_what_is_not_written_yet():
    with transaction() as db:
        db.add(Role(name="Nuevo"))
        query = FixedQuery(dict, select(Role.name).where(Role.name == bindparam("name")))
        assert fetch_value(db, query, name="Nuevo") == "Nuevo"


class Named(TypedDict):
    role_id: int
    name: str


@dataclass(frozen=True)
class Titled:
    name: str
    role_id: int


def test_a_query_brings_the_columns_that_its_row_declares():
    query = FixedQuery(Named, select(*columns(Named, Role)).order_by(Role.role_id))
    renamed = FixedQuery(
        Titled, select(*columns(Titled, Role, name=func.upper(Role.name))).order_by(Role.role_id)
    )
    with reading() as db:
        assert [row["name"].upper() for row in fetch_all(db, query)] == [
            r.name for r in fetch_all(db, renamed)
        ]


@pytest.mark.parametrize("row", [Named, Titled])
def test_a_query_with_other_columns_is_refused_when_declared(row):
    with pytest.raises(TypeError, match="declara"):
        FixedQuery(row, select(Role.role_id))


def test_the_columns_of_a_dataclass_come_in_its_order():
    with pytest.raises(TypeError, match="Titled"):
        FixedQuery(Titled, select(Role.role_id, Role.name))


def test_a_value_may_be_a_whole_json_object():
    query = ValueQuery(dict, select(cast(literal({"uno": 1, "dos": 2}, JSONB), JSONB).label("found")))
    with reading() as db:
        assert fetch_value(db, query) == {"uno": 1, "dos": 2}
