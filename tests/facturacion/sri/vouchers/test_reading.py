"""La lectura de un comprobante: lo que se escribió es lo que se lee, y lo ajeno se rechaza con palabras."""

from datetime import date
from decimal import Decimal

import pytest

from facturacion_service.sri.vouchers.reading import Unreadable, read
from facturacion_service.sri.xml.build import to_xml
from tests.facturacion.sri import samples

INVOICE = to_xml(samples.invoice_document())
CREDIT_NOTE = to_xml(samples.credit_note_document())

# Una factura 2.1.0 como la escribiría otro programa: con espacios, comentarios y lo que aquí no se usa.
FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<factura id="comprobante" version="2.1.0">
  <infoTributaria>
    <ambiente>2</ambiente><tipoEmision>1</tipoEmision>
    <razonSocial>Óptica <!-- nota -->&amp; Salud</razonSocial>
    <ruc>1799000012001</ruc>
    <claveAcceso>2311202601179900001200120010020000004561234567811</claveAcceso>
    <codDoc>01</codDoc><estab>001</estab><ptoEmi>002</ptoEmi><secuencial>000000456</secuencial>
    <dirMatriz><![CDATA[Calle <A> y B]]></dirMatriz>
    <agenteRetencion>12</agenteRetencion>
    <contribuyenteRimpe>CONTRIBUYENTE RÉGIMEN RIMPE</contribuyenteRimpe>
  </infoTributaria>
  <infoFactura>
    <fechaEmision>01/02/2026</fechaEmision>
    <contribuyenteEspecial>5368</contribuyenteEspecial>
    <tipoIdentificacionComprador>06</tipoIdentificacionComprador>
    <guiaRemision>001-001-000000009</guiaRemision>
    <razonSocialComprador>John Roe</razonSocialComprador>
    <identificacionComprador>X-99</identificacionComprador>
    <totalSinImpuestos>10.00</totalSinImpuestos>
    <totalDescuento>1.50</totalDescuento>
    <totalConImpuestos>
      <totalImpuesto><codigo>3</codigo><codigoPorcentaje>3011</codigoPorcentaje>
        <baseImponible>10.00</baseImponible><valor>1.00</valor></totalImpuesto>
    </totalConImpuestos>
    <propina>0.90</propina>
    <importeTotal>11.90</importeTotal>
    <moneda>DOLAR</moneda>
    <pagos>
      <pago><formaPago>19</formaPago><total>11.90</total><plazo>30</plazo><unidadTiempo>dias</unidadTiempo></pago>
    </pagos>
  </infoFactura>
  <detalles>
    <detalle>
      <codigoPrincipal>A1</codigoPrincipal><codigoAuxiliar>B2</codigoAuxiliar>
      <descripcion>Armazón</descripcion><unidadMedida>u</unidadMedida>
      <cantidad>2.500000</cantidad><precioUnitario>4.600000</precioUnitario><descuento>1.50</descuento>
      <precioTotalSinImpuesto>10.00</precioTotalSinImpuesto>
      <detallesAdicionales><detAdicional nombre="Color" valor="Negro"/></detallesAdicionales>
      <impuestos><impuesto><codigo>3</codigo><codigoPorcentaje>3011</codigoPorcentaje><tarifa>10</tarifa>
        <baseImponible>10.00</baseImponible><valor>1.00</valor></impuesto></impuestos>
    </detalle>
  </detalles>
  <otrosRubrosTerceros/>
  <infoAdicional><campoAdicional nombre="Nota">uno
dos</campoAdicional></infoAdicional>
</factura>
""".encode()


def test_an_invoice_is_read_as_it_was_written():
    document, voucher = samples.invoice_document(), read(INVOICE)
    assert (voucher.code, voucher.environment, voucher.number) == ("01", "PRUEBAS", "001-001-000000123")
    assert voucher.access_key == document.heading.access_key
    assert voucher.issue_date == document.heading.issue_date
    assert (voucher.issuer.ruc, voucher.issuer.trade_name) == ("1799000012001", "Clínica de Prueba")
    assert voucher.issuer.keeps_accounting is True
    assert (voucher.buyer.id_type, voucher.buyer.name) == ("05", "María José Ñúñez Páez")
    assert [(line.main_code, line.quantity, line.total) for line in voucher.lines] == [
        (line.code, line.quantity, line.subtotal) for line in document.lines
    ]
    assert [(t.code, t.percentage_code, t.rate, t.base, t.amount) for t in voucher.taxes] == [
        ("2", "0", 0, Decimal("40.70"), 0),
        ("2", "4", 15, Decimal("55.00"), Decimal("8.25")),
    ]
    assert (voucher.subtotal, voucher.total_discount, voucher.total) == (
        document.subtotal,
        document.discount,
        document.total_amount,
    )
    assert [(payment.method, payment.total) for payment in voucher.payments] == [("19", Decimal("103.95"))]
    assert ("Correo", "maria@example.com") in voucher.additional_info
    assert voucher.modified is None


def test_a_credit_note_is_read_with_what_it_modifies():
    document, voucher = samples.credit_note_document(), read(CREDIT_NOTE)
    assert (voucher.code, voucher.total, voucher.tip, voucher.payments) == (
        "04",
        document.total_amount,
        None,
        (),
    )
    assert [line.main_code for line in voucher.lines] == [line.code for line in document.lines]
    assert (voucher.modified.code, voucher.modified.number) == ("01", "001-001-000000122")
    assert (voucher.modified.issue_date, voucher.modified.reason) == (
        date(2026, 11, 22),
        "Devolución del servicio",
    )


def test_a_credit_note_does_not_write_its_discount_and_it_is_the_sum_of_its_lines():
    assert read(CREDIT_NOTE).total_discount == Decimal("5.00")


def test_an_invoice_of_another_program_and_version_is_read_too():
    voucher = read(FOREIGN)
    issuer, line = voucher.issuer, voucher.lines[0]
    assert (issuer.legal_name, issuer.head_office_address) == ("Óptica & Salud", "Calle <A> y B")
    assert (issuer.trade_name, issuer.establishment_address, issuer.keeps_accounting) == (None, None, None)
    assert (issuer.special_taxpayer_number, issuer.withholding_agent_number) == ("5368", "12")
    assert issuer.rimpe_legend == "CONTRIBUYENTE RÉGIMEN RIMPE"
    assert (voucher.delivery_note, voucher.tip) == ("001-001-000000009", Decimal("0.90"))
    assert (line.auxiliary_code, line.quantity, line.details) == ("B2", Decimal("2.5"), (("Color", "Negro"),))
    assert [(tax.code, tax.rate) for tax in (*voucher.taxes, *line.taxes)] == [("3", None), ("3", 10)]
    assert (voucher.payments[0].term, voucher.payments[0].time_unit) == (30, "dias")
    assert voucher.additional_info == (("Nota", "uno\ndos"),)


def test_a_signature_does_not_get_in_the_way():
    signature = b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Object/></ds:Signature>'
    assert read(INVOICE.replace(b"</factura>", signature + b"</factura>")) == read(INVOICE)


def without(tag):
    start, end = INVOICE.index(b"<%s>" % tag), INVOICE.index(b"</%s>" % tag) + len(tag) + 3
    return INVOICE[:start] + INVOICE[end:]


@pytest.mark.parametrize(
    "tag",
    [b"infoTributaria", b"infoFactura", b"claveAcceso", b"importeTotal", b"razonSocialComprador"],
)
def test_what_is_missing_is_named(tag):
    with pytest.raises(Unreadable, match=f"le falta «{tag.decode()}»"):
        read(without(tag))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"<importeTotal>103.95<", b"<importeTotal>NaN<", "no es un número"),
        (b"<importeTotal>103.95<", b"<importeTotal>1E+99999999<", "no es un número"),
        (b"<importeTotal>103.95<", "<importeTotal>١٠٣<".encode(), "no es un número"),
        (b"<claveAcceso>2", b"<claveAcceso>", "49 dígitos"),
        (b"<claveAcceso>2", b"<claveAcceso>x", "49 dígitos"),
        (b"<ambiente>1<", b"<ambiente>3<", "no es 1 ni 2"),
        (b"<fechaEmision>23/11/2026<", b"<fechaEmision>2026-11-23<", "dd/mm/aaaa"),
        (b"<fechaEmision>23/11/2026<", b"<fechaEmision>31/02/2026<", "dd/mm/aaaa"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(old, new, words):
    assert old in INVOICE
    with pytest.raises(Unreadable, match=words):
        read(INVOICE.replace(old, new))


@pytest.mark.parametrize("xml", [b"", b"hola", b"<factura>", b"\x00", INVOICE[:-1], INVOICE[:900]])
def test_what_is_not_xml_is_refused(xml):
    with pytest.raises(Unreadable, match="bien formado"):
        read(xml)


def test_another_kind_of_document_is_refused():
    with pytest.raises(Unreadable, match="comprobanteRetencion"):
        read(b"<comprobanteRetencion/>")


def test_a_file_outside_cannot_be_read_through_an_entity(tmp_path):
    secret = tmp_path / "secreto.txt"
    secret.write_text("clave")
    dtd = f'<!DOCTYPE factura [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    attack = INVOICE.replace(b"<factura", dtd + b"<factura", 1).replace(b"Consulta m", b"&x; m")
    with pytest.raises(Unreadable, match="DOCTYPE"):
        read(attack)
