"""El XML de cada comprobante: qué dice, en qué orden y con qué letras."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from facturacion_service.sri.xml import schema
from facturacion_service.sri.xml.build import to_xml
from tests.facturacion.sri import samples
from tests.sri_official import require, xsd_dir

ROUNDING = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))["rounding"]

INVOICE_HEADER = [
    "fechaEmision",
    "dirEstablecimiento",
    "contribuyenteEspecial",
    "obligadoContabilidad",
    "tipoIdentificacionComprador",
    "razonSocialComprador",
    "identificacionComprador",
    "direccionComprador",
    "totalSinImpuestos",
    "totalDescuento",
    "totalConImpuestos",
    "propina",
    "importeTotal",
    "moneda",
    "pagos",
]
CREDIT_NOTE_HEADER = [
    "fechaEmision",
    "dirEstablecimiento",
    "tipoIdentificacionComprador",
    "razonSocialComprador",
    "identificacionComprador",
    "contribuyenteEspecial",
    "obligadoContabilidad",
    "codDocModificado",
    "numDocModificado",
    "fechaEmisionDocSustento",
    "totalSinImpuestos",
    "valorModificacion",
    "moneda",
    "totalConImpuestos",
    "motivo",
]
TAX_INFO = [
    "ambiente",
    "tipoEmision",
    "razonSocial",
    "nombreComercial",
    "ruc",
    "claveAcceso",
    "codDoc",
    "estab",
    "ptoEmi",
    "secuencial",
    "dirMatriz",
    "agenteRetencion",
    "contribuyenteRimpe",
]
DETAIL = ["descripcion", "cantidad", "precioUnitario", "descuento", "precioTotalSinImpuesto", "impuestos"]


@pytest.fixture(scope="module")
def folder():
    return require(xsd_dir())


def full_issuer():
    return samples.issuer(
        special_taxpayer_number="5368",
        withholding_agent_number="1",
        rimpe_legend="CONTRIBUYENTE RÉGIMEN RIMPE",
        large_taxpayer_resolution="NAC-GCFOIOC21-00000868-E",
        provider_ruc="1790011674001",
    )


def root_of(document):
    return etree.fromstring(to_xml(document))


def tags(element):
    return [child.tag for child in element]


def values(root, path):
    return [element.text for element in root.findall(path)]


def test_is_utf8_with_its_declaration_and_no_adornment():
    xml = to_xml(samples.invoice_document())
    assert xml.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<factura id="comprobante" version="1.1.0">'
    )
    assert "María José Ñúñez Páez".encode() in xml
    assert b">\n<infoTributaria" not in xml
    assert not xml.endswith(b"\n")


def test_an_invoice_follows_the_order_of_the_schema():
    root = root_of(samples.invoice_document(issuer=full_issuer()))
    assert tags(root) == ["infoTributaria", "infoFactura", "detalles", "infoAdicional"]
    assert tags(root.find("infoTributaria")) == TAX_INFO
    assert tags(root.find("infoFactura")) == INVOICE_HEADER
    assert tags(root.find("detalles/detalle")) == ["codigoPrincipal", *DETAIL]


def test_a_credit_note_follows_its_own_order_and_not_the_invoice_one():
    root = root_of(samples.credit_note_document(issuer=full_issuer()))
    assert tags(root) == ["infoTributaria", "infoNotaCredito", "detalles", "infoAdicional"]
    assert tags(root.find("infoTributaria")) == TAX_INFO
    assert tags(root.find("infoNotaCredito")) == CREDIT_NOTE_HEADER
    assert tags(root.find("detalles/detalle")) == ["codigoInterno", *DETAIL]


def test_only_the_invoice_writes_the_rate_in_its_header():
    invoice = root_of(samples.invoice_document()).find(".//totalConImpuestos/totalImpuesto")
    note = root_of(samples.credit_note_document()).find(".//totalConImpuestos/totalImpuesto")
    assert tags(invoice) == ["codigo", "codigoPorcentaje", "baseImponible", "tarifa", "valor"]
    assert tags(note) == ["codigo", "codigoPorcentaje", "baseImponible", "valor"]


@pytest.mark.parametrize("make", [samples.invoice_document, samples.credit_note_document])
def test_both_documents_pass_the_official_schema(make, folder):
    assert schema.errors(to_xml(make()), folder) == []
    assert schema.errors(to_xml(make(issuer=full_issuer())), folder) == []


def test_a_mixed_invoice_says_each_rate_apart():
    root = root_of(samples.invoice_document())
    totals = [[child.text for child in tax] for tax in root.findall(".//totalImpuesto")]
    assert totals == [["2", "0", "40.70", "0.00", "0.00"], ["2", "4", "55.00", "15.00", "8.25"]]
    header = root.find("infoFactura")
    assert [header.findtext(tag) for tag in ("totalSinImpuestos", "totalDescuento", "importeTotal")] == [
        "95.70",
        "5.00",
        "103.95",
    ]
    assert values(root, ".//pago/formaPago") == ["19"]
    assert values(root, ".//pago/total") == ["103.95"]


def test_what_never_changes_is_always_written():
    header = root_of(samples.invoice_document(issuer=samples.issuer(keeps_accounting=False))).find(
        "infoFactura"
    )
    assert [header.findtext(tag) for tag in ("propina", "moneda", "obligadoContabilidad")] == [
        "0.00",
        "DOLAR",
        "NO",
    ]


def test_what_the_issuer_lacks_is_not_written():
    issuer = samples.issuer(trade_name=None)
    root = root_of(samples.invoice_document(issuer=issuer, buyer=samples.consumidor_final()))
    written = {element.tag for element in root.iter()}
    absent = {
        "nombreComercial",
        "agenteRetencion",
        "contribuyenteRimpe",
        "contribuyenteEspecial",
        "direccionComprador",
        "infoAdicional",
    }
    assert written & absent == set()


def test_an_invoice_without_trade_name_nor_address_is_still_valid(folder):
    document = samples.invoice_document(
        issuer=samples.issuer(trade_name=" "), buyer=samples.consumidor_final()
    )
    assert schema.errors(to_xml(document), folder) == []


@pytest.mark.parametrize("case", ROUNDING, ids=lambda case: case["note"])
def test_the_header_iva_rounds_the_sum_and_the_line_iva_itself(case):
    lines = tuple(
        samples.line(
            quantity=Decimal(line["qty"]),
            unit_price=Decimal(line["price"]),
            discount=Decimal(line["disc"]),
            iva_rate=line["rate"],
        )
        for line in case["lines"]
    )
    root = root_of(samples.invoice_document(lines=lines))
    header = case.get("iva") or case["header_iva_round(base_total*rate)"]
    assert values(root, ".//totalImpuesto/valor") == [header]
    line_ivas = [Decimal(iva) for iva in values(root, ".//impuesto/valor")]
    assert sum(line_ivas) == Decimal(case.get("sum_of_line_iva", header))


def test_quantities_and_prices_keep_up_to_six_decimals_and_money_two():
    line = samples.line(quantity=Decimal("3"), unit_price=Decimal("8.333333"), iva_rate=15)
    tiny = samples.line(quantity=Decimal("0.001"), unit_price=Decimal("1E+3"))
    root = root_of(samples.invoice_document(lines=(line, tiny)))
    assert values(root, ".//cantidad") == ["3.00", "0.001"]
    assert values(root, ".//precioUnitario") == ["8.333333", "1000.00"]
    assert values(root, ".//precioTotalSinImpuesto") == ["25.00", "1.00"]
    assert values(root, ".//totalImpuesto/valor") == ["0.00", "3.75"]


def test_texts_come_out_in_one_line_and_without_what_xml_forbids():
    hostile = "  Juan\r\n\tPérez\x00\x0b\x1b & <hijos>\u2028\ufffe\ud800  S.A.\x85 "
    root = root_of(samples.invoice_document(buyer=samples.buyer(name=hostile)))
    assert root.findtext(".//razonSocialComprador") == "Juan Pérez & <hijos> S.A."


def test_an_emoji_survives():
    root = root_of(samples.invoice_document(lines=(samples.line(description="Control 👩\u200d⚕️ 💊"),)))
    assert root.findtext(".//descripcion") == "Control 👩\u200d⚕️ 💊"


def test_a_long_product_code_is_cut_to_what_fits():
    long = samples.line(code="ABCDEFGHIJKLMNOPQRSTUVWX YZ")
    root = root_of(samples.invoice_document(lines=(long,)))
    assert root.findtext(".//codigoPrincipal") == "ABCDEFGHIJKLMNOPQRSTUVWX"


def test_the_additional_fields_are_the_clinic_ones_and_then_the_system_ones():
    document = samples.invoice_document(
        issuer=full_issuer(), additional_info=(("Médico", "Dra. <Paz>"), ("Cita", "42"))
    )
    fields = root_of(document).findall("infoAdicional/campoAdicional")
    assert [(field.get("nombre"), field.text) for field in fields] == [
        ("Médico", "Dra. <Paz>"),
        ("Cita", "42"),
        ("Correo", "maria@example.com"),
        ("RUC Proveedor", "1790011674001"),
        ("Gran Contribuyente", "NAC-GCFOIOC21-00000868-E"),
    ]


def test_a_credit_note_names_the_invoice_it_modifies():
    header = root_of(samples.credit_note_document()).find("infoNotaCredito")
    assert [header.findtext(tag) for tag in CREDIT_NOTE_HEADER[7:10]] == [
        "01",
        "001-001-000000122",
        "22/11/2026",
    ]
    assert (header.findtext("valorModificacion"), header.findtext("motivo")) == (
        "103.95",
        "Devolución del servicio",
    )


def test_a_credit_note_uses_the_iva_code_of_the_invoice_day():
    lines = (samples.line(iva_rate=12),)
    document = samples.credit_note_document(lines=lines, modified_date=date(2024, 3, 31))
    assert set(values(root_of(document), ".//codigoPorcentaje")) == {"2"}


@pytest.mark.parametrize(
    ("prices", "iva", "line_ivas"),
    [(["1.10"], "0.16", ["0.16"]), (["0.40", "0.70"], "0.16", ["0.06", "0.11"])],
)
def test_the_only_line_of_a_rate_in_a_credit_note_carries_its_iva(prices, iva, line_ivas):
    taxed = [samples.line(unit_price=Decimal(price), iva_rate=15) for price in prices]
    document = samples.credit_note_document(lines=(samples.line(iva_rate=0), *taxed))
    zero, tax = document.taxes
    document = replace(document, taxes=(zero, replace(tax, iva=Decimal(iva))))
    root = root_of(document)
    assert values(root, ".//totalImpuesto/valor") == ["0.00", iva]
    assert values(root, ".//impuesto/valor") == ["0.00", *line_ivas]


def test_two_hundred_lines_pass_the_schema(folder):
    lines = tuple(
        samples.line(code=f"P-{n}", iva_rate=15 * (n % 2), unit_price=Decimal(n) / 100, description="ñ" * 300)
        for n in range(1, 201)
    )
    xml = to_xml(samples.invoice_document(lines=lines))
    assert schema.errors(xml, folder) == []
    assert len(etree.fromstring(xml).findall("detalles/detalle")) == 200
