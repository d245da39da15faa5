"""Las filas del cuadro de totales: qué hay, en qué orden y con qué nombre."""

from dataclasses import replace
from decimal import Decimal

import pytest

from facturacion_service.sri.ride.totals import total_rows
from facturacion_service.sri.vouchers.reading import read
from facturacion_service.sri.vouchers.vouchers import ReadTax
from facturacion_service.sri.xml.build import to_xml
from tests.facturacion.sri import samples


def rows(document):
    return [(label, str(amount)) for label, amount in total_rows(read(to_xml(document)))]


def tax(percentage_code, base, amount="0.00", rate=None, code="2"):
    return ReadTax(code, percentage_code, rate and Decimal(rate), Decimal(base), Decimal(amount))


def labels(*taxes, lines=()):
    voucher = replace(read(to_xml(samples.invoice_document())), taxes=taxes, lines=lines)
    return [label for label, _ in total_rows(voucher)]


def test_an_invoice_with_two_rates_shows_each_base_and_each_tax():
    assert rows(samples.invoice_document()) == [
        ("SUBTOTAL 15 %", "55.00"),
        ("SUBTOTAL 0 %", "40.70"),
        ("SUBTOTAL SIN IMPUESTOS", "95.70"),
        ("TOTAL DESCUENTO", "5.00"),
        ("IVA 15 %", "8.25"),
        ("PROPINA", "0.00"),
        ("VALOR TOTAL", "103.95"),
    ]


def test_without_charged_tax_it_says_that_the_tax_is_zero():
    assert rows(samples.invoice_document(lines=(samples.line(),))) == [
        ("SUBTOTAL 0 %", "40.70"),
        ("SUBTOTAL SIN IMPUESTOS", "40.70"),
        ("TOTAL DESCUENTO", "0.00"),
        ("IVA", "0.00"),
        ("PROPINA", "0.00"),
        ("VALOR TOTAL", "40.70"),
    ]


def test_a_credit_note_names_its_rates_although_its_totals_do_not_write_them():
    assert rows(samples.credit_note_document()) == [
        ("SUBTOTAL 15 %", "55.00"),
        ("SUBTOTAL 0 %", "40.70"),
        ("SUBTOTAL SIN IMPUESTOS", "95.70"),
        ("TOTAL DESCUENTO", "5.00"),
        ("IVA 15 %", "8.25"),
        ("VALOR TOTAL", "103.95"),
    ]


def test_every_kind_of_tax_has_its_row_and_its_place():
    found = labels(
        tax("7", "3.00"),
        tax("0", "1.00"),
        tax("6", "2.00"),
        tax("5", "4.00", "0.20"),
        tax("4", "5.00", "0.75"),
        tax("3011", "6.00", "0.60", code="3"),
        tax("5001", "7.00", "0.02", code="5"),
    )
    assert found == [
        "SUBTOTAL 15 %",
        "SUBTOTAL 5 %",
        "SUBTOTAL 0 %",
        "SUBTOTAL NO OBJETO DE IVA",
        "SUBTOTAL EXENTO DE IVA",
        "SUBTOTAL SIN IMPUESTOS",
        "TOTAL DESCUENTO",
        "ICE",
        "IVA 15 %",
        "IVA 5 %",
        "IRBPNR",
        "PROPINA",
        "VALOR TOTAL",
    ]


@pytest.mark.parametrize(
    ("percentage_code", "rate", "label"),
    [
        ("4", "15.00", "SUBTOTAL 15 %"),
        ("99", "12.50", "SUBTOTAL 12.5 %"),
        ("99", "20", "SUBTOTAL 20 %"),
        ("10", None, "SUBTOTAL 13 %"),
        ("99", None, "SUBTOTAL CÓDIGO 99"),
    ],
)
def test_a_rate_is_the_written_one_or_the_one_of_its_code(percentage_code, rate, label):
    assert labels(tax(percentage_code, "1.00", rate=rate))[0] == label


def test_the_rate_of_the_lines_wins_over_the_table():
    line = read(to_xml(samples.invoice_document())).lines[0]
    lines = (replace(line, taxes=(tax("4", "1.00", rate="14"),)),)
    assert labels(tax("4", "1.00", "0.14"), lines=lines)[0] == "SUBTOTAL 14 %"


def test_two_rows_of_the_same_other_tax_are_one():
    voucher = read(to_xml(samples.invoice_document()))
    taxes = (tax("3011", "6.00", "0.60", code="3"), tax("3610", "6.00", "0.15", code="3"))
    assert ("ICE", Decimal("0.75")) in total_rows(replace(voucher, taxes=taxes))
