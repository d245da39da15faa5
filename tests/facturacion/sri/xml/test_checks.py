"""Lo que se comprueba de un comprobante antes de firmarlo: cada campo malo, por su nombre."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from facturacion_service.sri.xml import access_key
from facturacion_service.sri.xml.checks import check
from facturacion_service.sri.xml.codes import RIMPE_LEGENDS
from facturacion_service.sri.xml.documents import FACTURA, Series
from tests.facturacion.sri import samples
from tests.facturacion.sri.xml import strategies

INVOICE = samples.invoice_document()
NOTE = samples.credit_note_document()


def found(document):
    """Los campos con problemas, una vez cada uno."""
    return sorted({finding.field for finding in check(document)})


def words(document, field):
    return " / ".join(finding.message for finding in check(document) if finding.field == field)


def with_buyer(**changes):
    return replace(INVOICE, buyer=samples.buyer(**changes))


def with_issuer(**changes):
    return replace(INVOICE, issuer=samples.issuer(**changes))


@pytest.mark.parametrize("document", [INVOICE, NOTE])
def test_a_consistent_document_has_nothing_to_correct(document):
    assert check(document) == []


@settings(max_examples=60)
@given(strategies.INVOICES)
def test_any_invoice_the_server_makes_has_nothing_to_correct(document):
    assert check(document) == []


@settings(max_examples=60)
@given(strategies.CREDIT_NOTES)
def test_any_credit_note_the_server_makes_has_nothing_to_correct(document):
    assert check(document) == []


OTHER_KEYS = {
    "la fecha de emisión": samples.heading(issue_date=date(2026, 11, 22)),
    "el tipo de comprobante": samples.heading("04"),
    "el RUC": samples.heading(ruc="1790011674001"),
    "el ambiente": samples.heading(environment="PRODUCCION"),
    "la serie": samples.heading(series=Series("001", "002")),
    "el secuencial": samples.heading(sequential=124),
}


@pytest.mark.parametrize("part", OTHER_KEYS)
def test_a_key_of_another_document_is_noticed(part):
    heading = replace(INVOICE.heading, access_key=OTHER_KEYS[part].access_key)
    document = replace(INVOICE, heading=heading)
    assert found(document) == ["access_key"]
    assert words(document, "access_key") == f"{part} de la clave de acceso no es la del documento"


def test_a_key_with_another_emission_type_is_noticed():
    body = INVOICE.heading.access_key[:47] + "2"
    key = body + access_key.check_digit(body)
    document = replace(INVOICE, heading=replace(INVOICE.heading, access_key=key))
    assert "el tipo de emisión" in words(document, "access_key")


@pytest.mark.parametrize("key", ["", "1" * 49, INVOICE.heading.access_key[:48], "x" * 49])
def test_a_key_that_is_not_one_is_noticed(key):
    assert found(replace(INVOICE, heading=replace(INVOICE.heading, access_key=key))) == ["access_key"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"issue_date": date(2011, 12, 31)}, "issue_date"),
        ({"issue_date": date(2100, 1, 1)}, "issue_date"),
        ({"series": Series("000", "001")}, "document_number"),
        ({"series": Series("001", "000")}, "document_number"),
        ({"sequential": 0}, "document_number"),
    ],
)
def test_what_identifies_the_document_must_exist(change, field):
    heading = samples.heading(**change)
    document = replace(INVOICE, heading=heading, lines=(samples.line(),))
    assert field in found(document)
    assert "access_key" not in found(document)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"special_taxpayer_number": "12"}, "settings.special_taxpayer_number"),
        ({"special_taxpayer_number": "1" * 14}, "settings.special_taxpayer_number"),
        ({"special_taxpayer_number": "RES-1"}, "settings.special_taxpayer_number"),
        ({"special_taxpayer_number": ""}, "settings.special_taxpayer_number"),
        ({"withholding_agent_number": "00000001"}, "settings.withholding_agent_number"),
        ({"withholding_agent_number": "123456789"}, "settings.withholding_agent_number"),
        ({"withholding_agent_number": "1a"}, "settings.withholding_agent_number"),
        ({"withholding_agent_number": "1\n"}, "settings.withholding_agent_number"),
        ({"rimpe_legend": "CONTRIBUYENTE REGIMEN RIMPE"}, "settings.rimpe"),
        ({"provider_ruc": "179001167400"}, "settings.provider_ruc"),
        ({"provider_ruc": "1790011674-001"}, "settings.provider_ruc"),
        ({"provider_ruc": "9999999999999"}, "settings.provider_ruc"),
        ({"legal_name": " \n"}, "settings.legal_name"),
        ({"legal_name": "x" * 301}, "settings.legal_name"),
        ({"trade_name": "x" * 301}, "settings.trade_name"),
        ({"head_office_address": "\x00"}, "settings.head_office_address"),
        ({"establishment_address": ""}, "settings.establishment_address"),
    ],
)
def test_the_issuer_must_be_as_the_sri_knows_it(change, field):
    assert found(with_issuer(**change)) == [field]


@pytest.mark.parametrize("ruc", ["1799000012002", "179900001200", "17990000120010", "179900001200A", ""])
def test_the_ruc_of_the_issuer_ends_in_001(ruc):
    assert "settings.ruc" in found(with_issuer(ruc=ruc))


@pytest.mark.parametrize("legend", ["RIMPE", "NEGOCIO_POPULAR"])
def test_both_legends_of_annex_22_are_accepted(legend):
    assert check(with_issuer(rimpe_legend=RIMPE_LEGENDS[legend])) == []


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"id_number": "1712345676"}, "buyer.id_number", "el dígito verificador de la cédula"),
        ({"id_number": "171234567-5"}, "buyer.id_number", "no lleva espacios ni guiones"),
        ({"id_type": "RUC"}, "buyer.id_number", "el RUC tiene 13 dígitos"),
        ({"id_number": "9999999999999"}, "buyer.id_number", "consumidor final"),
        ({"id_type": "PASAPORTE", "id_number": "9999999999999"}, "buyer.id_number", "consumidor final"),
        ({"id_type": "CONSUMIDOR_FINAL"}, "buyer.id_number", "consumidor final"),
        ({"id_type": "EXTERIOR", "id_number": "x" * 21}, "buyer.id_number", "admite hasta 20"),
        ({"id_type": "EXTERIOR", "id_number": " "}, "buyer.id_number", "no puede estar vacío"),
        ({"id_type": "REFUGIADO"}, "buyer.id_type", "no es un tipo"),
        ({"name": "\t\x00 "}, "buyer.name", "no puede estar vacío"),
        ({"name": "ñ" * 301}, "buyer.name", "admite hasta 300 caracteres; tiene 301"),
        ({"address": "x" * 301}, "buyer.address", "admite hasta 300"),
        ({"email": "x" * 301}, "buyer.email", "admite hasta 300"),
    ],
)
def test_the_buyer_must_be_someone(change, field, why):
    document = with_buyer(**change)
    assert found(document) == [field]
    assert why in words(document, field)


def test_three_hundred_characters_once_clean_are_enough():
    assert check(with_buyer(name="  " + "ñ" * 150 + "\r\n  " + "💊" * 149 + "\x00")) == []


def test_the_final_consumer_buys_but_is_never_credited():
    assert check(replace(INVOICE, buyer=samples.consumidor_final())) == []
    assert found(replace(NOTE, buyer=samples.consumidor_final())) == ["buyer.id_type"]


def test_the_payment_method_must_be_of_the_table():
    assert found(replace(INVOICE, payment_method="09")) == ["payment_method"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "x" * 301}, "reason"),
        ({"reason": "\n"}, "reason"),
        ({"modified_number": "001-001-122"}, "modified_number"),
        ({"modified_number": "001-001-000000122\n"}, "modified_number"),
        ({"modified_date": date(2026, 11, 24)}, "modified_date"),
    ],
)
def test_a_credit_note_must_say_what_it_modifies_and_why(change, field):
    assert found(replace(NOTE, **change)) == [field]


def test_a_credit_note_of_nothing_is_refused():
    assert found(samples.credit_note_document(lines=(samples.line(unit_price=Decimal("0")),))) == [
        "total_amount"
    ]


def test_the_rate_must_have_been_in_force_the_day_of_the_sale():
    lines = (samples.line(), samples.line(iva_rate=12))
    assert found(samples.invoice_document(lines=lines)) == ["items[1].iva_rate", "taxes[1].iva_rate"]
    assert check(samples.credit_note_document(lines=lines, modified_date=date(2024, 3, 31))) == []
    assert found(samples.credit_note_document(lines=lines, modified_date=date(2024, 4, 1))) == [
        "items[1].iva_rate",
        "taxes[1].iva_rate",
    ]


def info(count):
    return tuple((f"Dato {number}", "x") for number in range(count))


@pytest.mark.parametrize(("count", "fields"), [(14, []), (15, ["additional_info"])])
def test_the_mail_takes_one_of_the_fifteen_fields(count, fields):
    assert found(replace(INVOICE, additional_info=info(count))) == fields


def test_what_the_system_adds_takes_room():
    issuer = samples.issuer(
        provider_ruc="1790011674001", large_taxpayer_resolution="NAC-GCFOIOC21-00000868-E"
    )
    document = replace(INVOICE, issuer=issuer, additional_info=info(13))
    assert words(document, "additional_info") == "admite hasta 12 datos: el sistema pone otros 3"
    assert check(replace(document, additional_info=info(12))) == []


@pytest.mark.parametrize(
    ("pair", "field"),
    [
        (("", "x"), "name"),
        (("x" * 301, "x"), "name"),
        (("Nota", "\n"), "value"),
        (("Nota", "x" * 301), "value"),
        (("RUC Proveedor", "1790011674001"), "name"),
        (("ruc \n proveedor", "1790011674001"), "name"),
        (("GRAN CONTRIBUYENTE", "SI"), "name"),
        (("Correo", "otro@example.com"), "name"),
    ],
)
def test_each_additional_field_must_be_the_clinic_own_and_fit(pair, field):
    document = replace(INVOICE, additional_info=(("Médico", "Dra. Paz"), pair))
    assert found(document) == [f"additional_info[1].{field}"]


def test_without_a_mail_the_clinic_may_write_one():
    document = replace(with_buyer(email=None), additional_info=(("Correo", "otro@example.com"),))
    assert check(document) == []


def test_every_problem_is_said_at_once():
    document = replace(
        with_buyer(name="", id_type="RUC"),
        issuer=samples.issuer(legal_name=""),
        payment_method="BITCOIN",
        total_amount=Decimal("1.00"),
        heading=samples.heading(FACTURA, ruc="1790011674001"),
    )
    assert found(document) == [
        "access_key",
        "buyer.id_number",
        "buyer.name",
        "payment_method",
        "settings.legal_name",
        "total_amount",
    ]
