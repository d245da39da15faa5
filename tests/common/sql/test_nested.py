"""Las filas que van dentro de otra llegan con sus tipos, en orden y sin perder cifras."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from sqlalchemy import (
    Date,
    DateTime,
    Integer,
    Numeric,
    Text,
    Time,
    bindparam,
    func,
    literal,
    null,
    select,
    union_all,
)

from common.database import fetch_one, reading, transaction
from common.sql.statements import FixedQuery

INSTANT = datetime(2026, 3, 4, 5, 6, 7, 890000, UTC)
INNER = FixedQuery(
    dict,
    select(
        literal(INSTANT, DateTime(timezone=True)).label("at"),
        literal(date(2026, 3, 4), Date()).label("day"),
        literal(time(8, 30), Time()).label("hour"),
        literal(Decimal("12345678901.230"), Numeric(14, 3)).label("amount"),
        literal('Ñandú "x" \\ %', Text()).label("text"),
        bindparam("number", type_=Integer()).label("number"),
        null().cast(Numeric()).label("nothing"),
    ),
)
INNER_ROW = {
    "at": INSTANT,
    "day": date(2026, 3, 4),
    "hour": time(8, 30),
    "amount": Decimal("12345678901.230"),
    "text": 'Ñandú "x" \\ %',
    "number": 7,
    "nothing": None,
}


@pytest.mark.parametrize("opened", [reading, transaction])
def test_every_value_keeps_its_type_and_its_digits(opened):
    query = FixedQuery(dict, select(literal(1).label("one")), inner=INNER)
    with opened() as db:
        found = fetch_one(db, query, number=7)
    assert found == {"one": 1, "inner": [INNER_ROW]}
    assert str(found["inner"][0]["amount"]) == "12345678901.230"


def test_without_rows_there_is_an_empty_list_and_the_order_is_kept():
    numbers = union_all(*(select(literal(n).label("n")) for n in (2, 3, 1))).subquery()
    none = FixedQuery(dict, select(numbers.c.n).where(numbers.c.n > bindparam("above", type_=Integer())))
    last = FixedQuery(dict, select(numbers.c.n).order_by(numbers.c.n.desc()))
    query = FixedQuery(dict, select(literal(1).label("one")), none=none, last=last)
    with reading() as db:
        found = fetch_one(db, query, above=9)
    assert found == {"one": 1, "none": [], "last": [{"n": 3}, {"n": 2}, {"n": 1}]}


def test_a_column_of_unknown_type_is_refused():
    sums = FixedQuery(dict, select(func.round(literal(Decimal("1.5")), 1).label("sum")))
    with pytest.raises(TypeError, match="sin saber el tipo"):
        FixedQuery(dict, select(literal(1)), sums=sums)
