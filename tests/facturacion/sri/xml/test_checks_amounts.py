"""Los montos de un comprobante: que quepan y que sumen lo que dicen."""

from dataclasses import replace
from decimal import Decimal

import pytest

from common.rules.money import Tax
from facturacion_service.sri.xml.checks import check
from tests.facturacion.sri import samples

INVOICE = samples.invoice_document()


def found(document):
    """Los campos con problemas, una vez cada uno."""
    return sorted({finding.field for finding in check(document)})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"description": "x" * 301}, "items[0].description"),
        ({"description": "\u2028"}, "items[0].description"),
        ({"code": ""}, "items[0].code"),
        ({"quantity": Decimal("0")}, "items[0].quantity"),
        ({"quantity": Decimal("-1")}, "items[0].quantity"),
        ({"quantity": Decimal("1.0000001")}, "items[0].quantity"),
        ({"quantity": Decimal("NaN")}, "items[0].quantity"),
        ({"quantity": Decimal("sNaN")}, "items[0].quantity"),
        ({"unit_price": Decimal("Infinity")}, "items[0].unit_price"),
        ({"unit_price": Decimal("1E+30")}, "items[0].unit_price"),
        ({"unit_price": Decimal("40.7000001")}, "items[0].unit_price"),
        ({"discount": Decimal("0.001")}, "items[0].discount"),
        ({"discount": Decimal("-0.01")}, "items[0].discount"),
        ({"subtotal": Decimal("-40.70")}, "items[0].subtotal"),
        ({"subtotal": Decimal("40.701")}, "items[0].subtotal"),
    ],
)
def test_each_value_of_a_line_must_fit(change, field):
    first, second = INVOICE.lines
    assert found(replace(INVOICE, lines=(replace(first, **change), second))) == [field]


def test_a_document_without_lines_is_refused():
    assert found(replace(INVOICE, lines=())) == ["items"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"subtotal": Decimal("95.71")}, ["subtotal", "total_amount"]),
        ({"discount": Decimal("4.99")}, ["discount"]),
        ({"total_amount": Decimal("103.94")}, ["total_amount"]),
        ({"total_amount": Decimal("103.955")}, ["total_amount"]),
        ({"taxes": INVOICE.taxes[:1]}, ["taxes", "total_amount"]),
        ({"taxes": (*INVOICE.taxes, INVOICE.taxes[0])}, ["taxes"]),
        ({"taxes": (INVOICE.taxes[0], Tax(15, Decimal("54.99"), Decimal("8.25")))}, ["taxes[1].base"]),
        (
            {"taxes": (INVOICE.taxes[0], Tax(15, Decimal("55.00"), Decimal("8.26")))},
            ["taxes[1].iva", "total_amount"],
        ),
        (
            {"taxes": (Tax(0, Decimal("40.70"), Decimal("0.01")), INVOICE.taxes[1])},
            ["taxes[0].iva", "total_amount"],
        ),
    ],
)
def test_a_total_that_does_not_add_up_is_noticed(change, fields):
    assert found(replace(INVOICE, **change)) == fields


def test_a_line_that_is_not_quantity_by_price_less_discount_is_noticed():
    first, second = INVOICE.lines
    document = replace(INVOICE, lines=(replace(first, quantity=Decimal("2")), second))
    assert found(document) == ["items[0].subtotal"]
    assert check(document)[0].message == "no suma: dice 40.70 y debe ser 81.40"


def test_a_discount_above_the_value_before_rounding_is_noticed():
    # 1,5 × 99,99 = 149,985: redondeado da el descuento, pero el SRI resta antes y le queda −0,01.
    line = samples.line(quantity=Decimal("1.5"), unit_price=Decimal("99.99"), discount=Decimal("149.99"))
    rest = samples.line(unit_price=Decimal("1.00"))
    assert found(samples.invoice_document(lines=(line, rest))) == ["items[0].discount"]
    fits = replace(line, discount=Decimal("149.98"), subtotal=Decimal("0.01"))
    assert found(samples.invoice_document(lines=(fits, rest))) == []


def note_with_iva(base, iva):
    """Una nota de una línea a 15 %, con ese IVA."""
    note = samples.credit_note_document(lines=(samples.line(unit_price=Decimal(base), iva_rate=15),))
    tax = replace(note.taxes[0], iva=Decimal(iva))
    return replace(note, taxes=(tax,), total_amount=note.subtotal + tax.iva)


@pytest.mark.parametrize(
    ("base", "iva", "fields"),
    [
        ("1.10", "0.16", []),  # el exacto es 0.165
        ("1.10", "0.17", []),
        ("1.10", "0.15", ["taxes[0].iva"]),
        ("1.10", "0.18", ["taxes[0].iva"]),
        ("10.00", "1.50", []),
        ("10.00", "1.49", ["taxes[0].iva"]),
        ("10.00", "1.51", ["taxes[0].iva"]),
    ],
)
def test_the_iva_of_a_credit_note_may_round_either_way_but_not_differ_by_a_cent(base, iva, fields):
    assert found(note_with_iva(base, iva)) == fields


def test_the_iva_of_an_invoice_rounds_only_up():
    invoice = samples.invoice_document(lines=(samples.line(unit_price=Decimal("1.10"), iva_rate=15),))
    tax = replace(invoice.taxes[0], iva=Decimal("0.16"))
    assert found(replace(invoice, taxes=(tax,), total_amount=Decimal("1.26"))) == ["taxes[0].iva"]
