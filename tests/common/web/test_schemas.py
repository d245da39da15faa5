"""Los tipos de entrada: qué números, textos, fechas e instantes se aceptan."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from common.web.field_dates import Day, Hour, Instant
from common.web.field_numbers import (
    MAX_PRICE,
    Id,
    IvaRate,
    NonNegativeQuantity,
    PositiveAmount,
    PositiveQuantity,
    Price,
    QueryBool,
    QueryId,
    QueryQuantity,
    SignedQuantity,
)
from common.web.field_texts import Email, Line, Paragraph
from common.web.messages import field_errors
from common.web.schemas import In, Page, partial


class Inner(In):
    """Una línea."""

    name: Line
    note: Line | None = None


class Outer(In):
    """Un documento."""

    name: Line
    note: Line | None = None
    lines: list[Inner] = []


Patch = partial(Outer, "Patch", without=("lines",))
WholePatch = partial(Outer, "WholePatch")


def read(kind, value, *, strict=False):
    """Lo que vale un valor JSON, o la primera frase de por qué no."""
    try:
        return TypeAdapter(kind).validate_python(value, strict=strict)
    except ValidationError as error:
        return field_errors(error)[0][1]


def test_a_partial_keeps_only_the_keys_sent():
    assert Patch.model_validate({"note": "x"}).changes() == {"note": "x"}
    assert Patch.model_validate({}).changes() == {}


def test_a_partial_clears_an_optional_key_with_null_and_refuses_it_in_the_others():
    assert Patch.model_validate({"note": None}).changes() == {"note": None}
    with pytest.raises(ValidationError) as caught:
        Patch.model_validate({"name": None})
    assert field_errors(caught.value) == [("name", "debe ser un texto")]


def test_a_partial_keeps_the_rules_and_refuses_what_it_leaves_out():
    with pytest.raises(ValidationError) as caught:
        Patch.model_validate({"name": " ", "lines": [], "otra": 1})
    assert field_errors(caught.value) == [
        ("name", "no puede estar vacío"),
        ("lines", "no es un campo conocido"),
        ("otra", "no es un campo conocido"),
    ]


def test_a_partial_stores_whole_what_is_inside_a_key():
    changes = WholePatch.model_validate({"lines": [{"name": "a"}]}).changes()
    assert changes == {"lines": [{"name": "a", "note": None}]}


@pytest.mark.parametrize("value", [True, False, "1", "1.5", None, [], {}, "NaN"])
def test_an_amount_is_a_json_number(value):
    assert read(Price, value) == "debe ser un número"


@pytest.mark.parametrize(
    ("value", "amount"),
    [(0, "0.00"), (1.1, "1.10"), (0.07, "0.07"), (1e3, "1000.00"), (345678.9, "345678.90")],
)
def test_an_amount_is_exactly_what_the_client_wrote(value, amount):
    assert str(read(Price, value)) == amount


@pytest.mark.parametrize("value", [0.001, 1.005, 1e-7, 19.999, 5e-324])
def test_an_amount_admits_two_decimals(value):
    assert read(Price, value) == "admite hasta 2 decimales"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e400, 1e300, 10**30, 10**11])
def test_an_impossible_amount_is_out_of_range(value):
    assert read(Price, value) == f"debe estar entre 0 y {MAX_PRICE}"


def test_the_sign_of_each_kind_of_number():
    assert read(Price, -0.01) == "debe ser 0 o mayor"
    assert read(PositiveAmount, 0) == "debe ser 0.01 o mayor"
    assert read(NonNegativeQuantity, -1) == "debe ser 0 o mayor"
    assert read(PositiveQuantity, 0) == "debe ser 0.001 o mayor"
    assert read(SignedQuantity, -2.5) == Decimal("-2.500")
    assert read(SignedQuantity, 0.0001) == "admite hasta 3 decimales"
    assert read(Price, -0.0) == 0


@pytest.mark.parametrize("value", [0, -1, 2**31, 10**30, 1.5, "7", True, None])
def test_an_id_is_a_positive_integer_that_fits(value):
    assert str(read(Id, value, strict=True)).startswith("debe ser")


def test_a_naive_instant_is_of_the_clinic():
    instant = read(Instant, "2026-11-23T09:00:00")
    assert instant == datetime(2026, 11, 23, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-11-23T14:00:00Z", "2026-11-23T09:00:00-05:00", "2026-11-23T15:00+01:00"]
)
def test_an_instant_with_offset_is_itself(text):
    assert read(Instant, text) == datetime(2026, 11, 23, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    ["2026-11-23", "2026-11-23 09:00", "mañana", "2026-13-01T00:00", "0001-01-01T00:00Z", 7, None, True, ""],
)
def test_a_senseless_instant_is_refused(value):
    assert read(Instant, value) == "debe ser un instante ISO 8601, como 2026-11-23T09:00:00-05:00"


@pytest.mark.parametrize(
    "value", ["2026-02-30", "26-01-01", "2026-1-1", "20260101", "٢٠٢٦-٠١-٠١", "1899-12-31", 5]
)
def test_a_day_is_a_date_that_exists(value):
    assert read(Day, value) == "debe ser una fecha AAAA-MM-DD que exista, de 1900 a 2200"


def test_an_hour_is_written_with_two_digits():
    assert read(Hour, "23:59") == read(Hour, "23:59:00") == time(23, 59)
    assert read(Hour, "24:00") == read(Hour, "9:00") == "debe ser una hora HH:MM de 00:00 a 23:59"


def test_texts_lose_their_outer_spaces():
    assert read(Line, "  Ana \n") == "Ana"


@pytest.mark.parametrize("hidden", ["\0", "\x07", "\x1b", "\x7f", "\u200b", "\u202e", "\u2028", "\ufeff"])
def test_characters_that_are_not_seen_are_refused(hidden):
    for kind in (Line, Paragraph):
        assert read(kind, f"a{hidden}b") == "tiene caracteres invisibles o de control que no se admiten"


def test_the_same_letter_written_in_two_ways_is_one():
    assert read(Line, "An\u0303o") == read(Line, "A\u00f1o") == "Año"


def test_a_text_of_joiners_alone_is_empty():
    assert read(Line, "\u200d\u200c") == "no puede estar vacío"


@pytest.mark.parametrize(
    "value",
    ["2030-W01-1T10:00", "20300105T1000", "2030-01-05T10:00:00.1234567", "2030-01-05T10:00+05:30:15"],
)
def test_an_instant_is_written_in_the_usual_way(value):
    assert read(Instant, value) == "debe ser un instante ISO 8601, como 2026-11-23T09:00:00-05:00"


def test_any_offset_is_the_same_instant():
    assert read(Instant, "2030-01-01T10:00+23:59") == read(Instant, "2029-12-31T10:01Z")


@pytest.mark.parametrize("rate", [False, True, 15.0, "15", 12, None])
def test_an_iva_rate_is_one_of_the_two_whole_numbers(rate):
    assert isinstance(read(IvaRate, rate), str)
    assert read(IvaRate, 15) == 15


def test_only_a_paragraph_has_several_lines():
    assert read(Paragraph, "uno\ndos\ttres") == "uno\ndos\ttres"
    assert read(Line, "uno\ndos") == "debe ser una sola línea"


def test_an_email_is_in_lower_case():
    assert read(Email, " Ana.Pérez@X.test ") == "no es un correo electrónico válido"
    assert read(Email, " Ana.Perez@X.Test ") == "ana.perez@x.test"
    assert read(Email, "a" * 250 + "@x.test") == "no es un correo electrónico válido"


def test_query_values_are_text_that_is_converted():
    assert read(QueryBool, "true") is read(QueryBool, "1") is True
    assert read(QueryBool, "no") == "debe ser true o false"
    assert read(QueryId, "7") == 7
    assert read(QueryId, "+7") == read(QueryId, "٧") == read(QueryId, "1e3") == "debe ser un número entero"
    assert read(QueryId, "9999999999") == "debe ser 2147483647 o menor"
    assert read(QueryQuantity, "2.5") == Decimal("2.500")
    assert read(QueryQuantity, "nan") == "debe ser un número"


def test_a_page_is_within_its_limits():
    assert Page().offset == 0
    assert Page.model_validate({"page": "3", "per_page": "50"}).offset == 100
    with pytest.raises(ValidationError) as caught:
        Page.model_validate({"page": "0", "per_page": "101"})
    assert field_errors(caught.value) == [
        ("page", "debe ser 1 o mayor"),
        ("per_page", "debe ser 100 o menor"),
    ]


def test_an_instant_written_in_json_carries_the_clinic_offset():
    from common.web.json_text import to_json

    instant = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
    written = orjson.loads(to_json({"at": instant, "hour": time(9, 5), "day": instant.date()}))
    assert written == {"at": "2026-11-23T09:30:00-05:00", "hour": "09:05", "day": "2026-11-23"}
    assert datetime.fromisoformat(written["at"]).utcoffset() == timedelta(hours=-5)


def test_decimals_are_written_as_exact_json_numbers():
    from common.web.json_text import to_json

    amounts = [Decimal("0.10"), Decimal("12345678901.23"), Decimal("5.000"), Decimal("-0.01"), Decimal(0)]
    assert to_json(amounts) == b"[0.1,12345678901.23,5,-0.01,0]"
