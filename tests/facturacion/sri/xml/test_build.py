"""De un comprobante a sus bytes: o sale válido, o se dice todo lo que le falta."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from lxml import etree

from common.errors import Invalid, Unavailable
from facturacion_service.sri.xml.build import build, to_xml
from facturacion_service.sri.xml.codes import RIMPE_LEGENDS
from tests.facturacion.sri import samples
from tests.facturacion.sri.xml import strategies
from tests.sri_official import require, xsd_dir


@pytest.fixture(scope="module")
def folder():
    return str(require(xsd_dir()))


@settings(max_examples=100)
@given(document=strategies.INVOICES)
def test_any_invoice_the_server_makes_passes_the_official_schema(folder, document):
    assert build(document, folder) == to_xml(document)


@settings(max_examples=100)
@given(document=strategies.CREDIT_NOTES)
def test_any_credit_note_the_server_makes_passes_the_official_schema(folder, document):
    assert build(document, folder) == to_xml(document)


@settings(max_examples=50)
@given(document=strategies.INVOICES)
def test_what_is_read_back_is_what_was_written(document):
    root = etree.fromstring(build(document, ""))
    assert root.findtext(".//claveAcceso") == document.heading.access_key
    assert Decimal(root.findtext(".//importeTotal")) == document.total_amount
    assert sum(Decimal(tax.findtext("valor")) for tax in root.iter("totalImpuesto")) == sum(
        tax.iva for tax in document.taxes
    )
    assert [Decimal(line.findtext("cantidad")) for line in root.iter("detalle")] == [
        line.quantity for line in document.lines
    ]


def test_without_a_folder_only_our_checks_apply():
    document = samples.invoice_document(issuer=samples.issuer(rimpe_legend=RIMPE_LEGENDS["NEGOCIO_POPULAR"]))
    assert "NEGOCIO POPULAR - RÉGIMEN RIMPE".encode() in build(document, "")


def test_the_legend_the_schema_of_2022_refuses_is_named_by_its_setting(folder):
    document = samples.invoice_document(issuer=samples.issuer(rimpe_legend=RIMPE_LEGENDS["NEGOCIO_POPULAR"]))
    with pytest.raises(Invalid) as refused:
        build(document, folder)
    assert [error["field"] for error in refused.value.errors] == ["settings.rimpe"]


def test_every_wrong_field_is_named(folder):
    document = replace(
        samples.invoice_document(buyer=samples.buyer(name="\n")),
        payment_method="CHEQUE",
        subtotal=Decimal("1.00"),
    )
    with pytest.raises(Invalid) as refused:
        build(document, folder)
    assert [error["field"] for error in refused.value.errors] == [
        "payment_method",
        "buyer.name",
        "subtotal",
        "total_amount",
    ]


def test_a_document_that_leaves_no_room_for_its_signature_is_refused():
    lines = tuple(samples.line(code=f"{n}", description="💊" * 300) for n in range(200))
    with pytest.raises(Invalid) as refused:
        build(samples.invoice_document(lines=lines), "")
    assert refused.value.errors[0]["field"] == "items"
    assert "el máximo es 300" in refused.value.errors[0]["message"]


def test_a_folder_that_lacks_the_schemas_does_not_let_anything_through(tmp_path):
    with pytest.raises(Unavailable, match="SRI_XSD_DIR"):
        build(samples.invoice_document(), str(tmp_path))
