"""Las tablas de códigos del SRI y sus búsquedas inversas."""

from datetime import date

import pytest

from common.tables.facturacion import BUYER_ID_TYPES, PAYMENT_METHODS
from common.tables.sri_settings import DOC_CODES, ENVIRONMENTS, RIMPE_KINDS
from facturacion_service.sri.xml import codes
from tests.facturacion.sri import samples


@pytest.mark.parametrize(
    ("rate", "day", "code"),
    [
        (0, "2012-01-01", "0"),
        (0, "2099-12-31", "0"),
        (12, "2016-05-31", "2"),
        (14, "2016-06-01", "3"),
        (14, "2017-05-31", "3"),
        (12, "2017-06-01", "2"),
        (12, "2024-03-31", "2"),
        (15, "2024-04-01", "4"),
        (15, "2026-11-23", "4"),
        (5, "2024-04-01", "5"),
    ],
)
def test_the_code_of_a_rate_is_the_one_of_its_day(rate, day, code):
    assert codes.iva_code(rate, date.fromisoformat(day)) == code


@pytest.mark.parametrize(
    ("rate", "day"),
    [
        (15, "2024-03-31"),
        (12, "2024-04-01"),
        (12, "2016-06-01"),
        (12, "2017-05-31"),
        (14, "2016-05-31"),
        (14, "2017-06-01"),
        (5, "2024-03-31"),
        (13, "2026-11-23"),
        (8, "2026-02-15"),
        (4, "2026-11-23"),
    ],
)
def test_a_rate_out_of_its_days_is_refused_in_words(rate, day):
    on = date.fromisoformat(day)
    with pytest.raises(ValueError, match=f"la tarifa de IVA {rate} % no se factura el {on:%d/%m/%Y}"):
        codes.iva_code(rate, on)


def test_the_thirteen_percent_is_code_ten():
    assert (codes.IVA_CODES["10"].rate, codes.IVA_CODES["4"].rate) == (13, 15)
    assert {code: iva.rate for code, iva in codes.IVA_CODES.items() if code in "67"} == {"6": 0, "7": 0}


def test_a_zero_rate_is_never_an_exempt_or_not_taxable_sale():
    assert codes.iva_code(0, date(2026, 1, 1)) == "0"


def test_each_of_our_names_has_its_code_and_each_code_its_label():
    assert tuple(codes.BUYER_ID_CODES) == BUYER_ID_TYPES
    assert tuple(codes.PAYMENT_CODES) == PAYMENT_METHODS
    assert tuple(codes.ENVIRONMENT_CODES) == ENVIRONMENTS
    assert tuple(codes.RIMPE_LEGENDS) == RIMPE_KINDS
    assert tuple(codes.DOCUMENT_NAMES) == DOC_CODES
    assert set(codes.PAYMENT_CODES.values()) <= set(codes.PAYMENT_NAMES)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("EFECTIVO", "01"),
        ("TARJETA_DEBITO", "16"),
        ("TARJETA_CREDITO", "19"),
        ("TRANSFERENCIA", "20"),
        ("OTRO", "20"),
    ],
)
def test_the_codes_of_table_24(name, code):
    assert codes.PAYMENT_CODES[name] == code


def test_the_legends_are_letter_by_letter_those_of_annex_22():
    assert codes.RIMPE_LEGENDS == {
        "RIMPE": "CONTRIBUYENTE RÉGIMEN RIMPE",
        "NEGOCIO_POPULAR": "CONTRIBUYENTE NEGOCIO POPULAR - RÉGIMEN RIMPE",
    }


def test_an_environment_that_does_not_exist_is_refused():
    assert (codes.environment_of("1"), codes.environment_of("2")) == ("PRUEBAS", "PRODUCCION")
    with pytest.raises(ValueError, match="el ambiente 0 no existe"):
        codes.environment_of("0")


def test_each_document_has_its_code():
    assert codes.doc_code_of(samples.invoice_document()) == "01"
    assert codes.doc_code_of(samples.credit_note_document()) == "04"
