"""La factura 1.1.0 en XML, en el orden exacto del esquema oficial del SRI."""

from facturacion_service.sri.xml.codes import BUYER_ID_CODES, CURRENCY, PAYMENT_CODES
from facturacion_service.sri.xml.documents import InvoiceDocument, Line
from facturacion_service.sri.xml.nodes import Node, day, money, nodes, quantity, repeated, text
from facturacion_service.sri.xml.shared_xml import (
    accounting,
    additional_info,
    document_root,
    header_taxes,
    line_iva,
    line_taxes,
    product_code,
    tax_info,
)

NO_TIP = "0.00"  # la ficha exige el elemento aunque en una clínica no haya propina


def invoice_root(document: InvoiceDocument) -> Node:
    """El documento entero."""
    return document_root(
        "factura",
        ("infoTributaria", tax_info(document)),
        ("infoFactura", _header(document)),
        ("detalles", repeated("detalle", (_detail(document, line) for line in document.lines))),
        ("infoAdicional", additional_info(document)),
    )


def _header(document: InvoiceDocument) -> tuple[Node, ...]:
    issuer, buyer, issued = document.issuer, document.buyer, document.heading.issue_date
    return nodes(
        ("fechaEmision", day(issued)),
        ("dirEstablecimiento", text(issuer.establishment_address)),
        ("contribuyenteEspecial", issuer.special_taxpayer_number),
        ("obligadoContabilidad", accounting(issuer)),
        ("tipoIdentificacionComprador", BUYER_ID_CODES[buyer.id_type]),
        ("razonSocialComprador", text(buyer.name)),
        ("identificacionComprador", text(buyer.id_number)),
        ("direccionComprador", text(buyer.address)),
        ("totalSinImpuestos", money(document.subtotal)),
        ("totalDescuento", money(document.discount)),
        ("totalConImpuestos", header_taxes(document.taxes, issued, with_rate=True)),
        ("propina", NO_TIP),
        ("importeTotal", money(document.total_amount)),
        ("moneda", CURRENCY),
        ("pagos", nodes(("pago", _payment(document)))),
    )


def _payment(document: InvoiceDocument) -> tuple[Node, ...]:
    return nodes(
        ("formaPago", PAYMENT_CODES[document.payment_method]),
        ("total", money(document.total_amount)),
    )


def _detail(document: InvoiceDocument, line: Line) -> tuple[Node, ...]:
    return nodes(
        ("codigoPrincipal", product_code(line.code)),
        ("descripcion", text(line.description)),
        ("cantidad", quantity(line.quantity)),
        ("precioUnitario", quantity(line.unit_price)),
        ("descuento", money(line.discount)),
        ("precioTotalSinImpuesto", money(line.subtotal)),
        ("impuestos", line_taxes(line, document.heading.issue_date, line_iva(line))),
    )
