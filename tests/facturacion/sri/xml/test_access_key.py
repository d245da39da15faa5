"""La clave de acceso: sus componentes, su verificador y sus errores."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facturacion_service.sri.xml import access_key
from facturacion_service.sri.xml.documents import Series

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
KEYS = VECTORS["clave_acceso"]
# La ficha también trae una clave de lote, que aquí no se emite.
EMITTED = [key for key in KEYS if key["codDoc"] != "00"]
ENVIRONMENTS = {"1": "PRUEBAS", "2": "PRODUCCION"}


def of_ddmmyyyy(text: str) -> date:
    day, month, year = (int(part) for part in text.split("/"))
    return date(year, month, day)


def test_the_textbook_digit():
    example = VECTORS["modulo11_textbook"]
    assert access_key.check_digit(example["input"]) == str(example["digit"])


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key["clave"])
def test_published_keys_have_their_digit(key):
    assert access_key.check_digit(key["clave"][:48]) == key["digitoVerificador"] == key["clave"][48]


def test_the_published_keys_cover_every_residue():
    assert {key["residue"] for key in KEYS} == set(range(11))


@pytest.mark.parametrize("key", EMITTED, ids=lambda key: key["clave"])
def test_generates_the_published_keys(key):
    generated = access_key.generate(
        of_ddmmyyyy(key["fechaEmision"]),
        key["codDoc"],
        key["ruc"],
        ENVIRONMENTS[key["ambiente"]],
        Series(key["estab"], key["ptoEmi"]),
        int(key["secuencial"]),
        key["codigoNumerico"],
    )
    assert generated == key["clave"]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key["clave"])
def test_parses_every_component(key):
    parsed = access_key.parse(key["clave"])
    assert parsed.issue_date == of_ddmmyyyy(key["fechaEmision"])
    assert parsed.environment == ENVIRONMENTS[key["ambiente"]]
    assert parsed.series == Series(key["estab"], key["ptoEmi"])
    assert parsed.sequential == int(key["secuencial"])
    assert [parsed.doc_code, parsed.ruc, parsed.numeric_code, parsed.emission_type, parsed.digit] == [
        key["codDoc"],
        key["ruc"],
        key["codigoNumerico"],
        key["tipoEmision"],
        key["digitoVerificador"],
    ]


@pytest.mark.parametrize("key", VECTORS["clave_acceso_invalid"], ids=lambda key: key["why"])
def test_refuses_the_published_invalid_keys(key):
    with pytest.raises(ValueError, match=str(key.get("expected_digit", "49 dígitos"))):
        access_key.parse(key["clave"])


VALID = "2311202601179900001200110010010000001231234567814"


def with_digit(body: str) -> str:
    return body + access_key.check_digit(body)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (VALID + "0", "49 dígitos"),
        ("", "49 dígitos"),
        (VALID[:-1] + "x", "49 dígitos"),
        (VALID[:-1] + "٤", "49 dígitos"),
        (VALID + "\n", "49 dígitos"),
        (with_digit("31022026" + VALID[8:48]), "la fecha"),
        (with_digit("00112026" + VALID[8:48]), "la fecha"),
        (with_digit(VALID[:23] + "3" + VALID[24:48]), "el ambiente 3"),
    ],
)
def test_says_what_is_wrong_with_a_key(key, words):
    with pytest.raises(ValueError, match=words):
        access_key.parse(key)


@given(st.integers(0, 48), st.integers(1, 9))
def test_any_changed_digit_of_a_key_is_noticed(position, change):
    # El verificador 1 sirve a dos residuos, 1 y 10; el 4 de esta clave, a uno solo: todo cambio se nota.
    wrong = str((int(VALID[position]) + change) % 10)
    with pytest.raises(ValueError, match="verificador"):
        access_key.parse(VALID[:position] + wrong + VALID[position + 1 :])


@given(
    st.dates(date(2012, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["01", "04"]),
    st.from_regex(r"[0-9]{10}001", fullmatch=True),
    st.sampled_from(["PRUEBAS", "PRODUCCION"]),
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.integers(1, 999_999_999),
)
def test_what_is_generated_is_parsed_back(day, doc_code, ruc, environment, series, sequential):
    series = Series(series[:3], series[3:])
    parsed = access_key.parse(access_key.generate(day, doc_code, ruc, environment, series, sequential))
    assert (parsed.issue_date, parsed.doc_code, parsed.ruc) == (day, doc_code, ruc)
    assert (parsed.environment, parsed.series, parsed.sequential) == (environment, series, sequential)


def test_the_numeric_code_is_drawn_again_every_time():
    keys = {
        access_key.generate(date(2026, 1, 2), "01", "1799000012001", "PRUEBAS", Series("001", "001"), 1)
        for _ in range(20)
    }
    assert len(keys) > 15


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ruc": "179900001200"}, "el RUC"),
        ({"ruc": "17990000120०1"}, "el RUC"),
        ({"doc_code": "1"}, "el tipo de comprobante"),
        ({"series": Series("1", "001")}, "el establecimiento"),
        ({"series": Series("001", "0001")}, "el punto de emisión"),
        ({"sequential": 1_000_000_000}, "el secuencial"),
        ({"sequential": -1}, "el secuencial"),
        ({"numeric_code": "1234567"}, "el código numérico"),
        ({"numeric_code": ""}, "el código numérico"),
    ],
)
def test_does_not_generate_from_parts_that_do_not_fit(change, words):
    parts = {
        "issue_date": date(2026, 1, 2),
        "doc_code": "01",
        "ruc": "1799000012001",
        "environment": "PRUEBAS",
        "series": Series("001", "001"),
        "sequential": 1,
    }
    with pytest.raises(ValueError, match=words):
        access_key.generate(**parts | change)
