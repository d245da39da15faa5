"""Las consultas fijas: el mismo resultado que por SQLAlchemy, con sus valores."""

import pytest
from sqlalchemy import Boolean, Text, bindparam, case, cast, delete, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from common.database import fetch_all, fetch_one, fetch_value, reading, snapshot, transaction
from common.sql.statements import FixedQuery
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
            assert fetch_all(db, FixedQuery(statement)) == plain


@pytest.mark.parametrize("opened", [reading, snapshot, transaction])
def test_its_values_are_given_constant_or_computed(opened):
    days = []
    computed = bindparam("day", callable_=lambda: days[-1], type_=Text())
    days.append("domingo")
    chosen = case((bindparam("wanted", type_=Boolean()), "sí"), else_="no").label("chosen")
    query = FixedQuery(
        select(computed.label("day"), chosen, literal("100%").label("sign")).where(
            bindparam("name", type_=Text()).in_(("uno", "dos")),
            cast(["a"], ARRAY(Text)).contains(["a"]),
        )
    )
    with opened() as db:
        for today in ("lunes", "martes"):
            days.append(today)
            row = fetch_one(db, query, wanted=True, name="dos")
            assert row == {"day": today, "chosen": "sí", "sign": "100%"}
        assert fetch_one(db, query, wanted=False, name="tres") is None


def test_a_value_that_nobody_gives_is_an_error_and_not_a_null():
    query = FixedQuery(select(User.user_id).where(User.email == bindparam("email")))
    with reading() as db, pytest.raises(KeyError):
        fetch_one(db, query)


def test_it_reads_a_union():
    one, two = (select(literal(number).label("number")) for number in (1, 2))
    with reading() as db:
        assert fetch_all(db, FixedQuery(union_all(one, two))) == [{"number": 1}, {"number": 2}]


def test_it_only_reads():
    with pytest.raises(TypeError, match="solo lee"):
        FixedQuery(delete(Role))


def test_in_a_transaction_it_sees_what_is_not_written_yet():
    with transaction() as db:
        db.add(Role(name="Nuevo"))
        query = FixedQuery(select(Role.name).where(Role.name == bindparam("name")))
        assert fetch_value(db, query, name="Nuevo") == "Nuevo"
