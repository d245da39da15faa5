"""La nota de crédito 1.1.0 en XML, en el orden exacto del esquema oficial del SRI.

No es la factura con otro nombre: el código es `codigoInterno`, el motivo va tras los totales, el encabezado
no lleva `tarifa` y el código de IVA es el de la fecha de la factura que se modifica.
"""

from decimal import Decimal

from facturacion_service.sri.xml.codes import BUYER_ID_CODES, CURRENCY
from facturacion_service.sri.xml.documents import FACTURA, CreditNoteDocument, Line
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


def credit_note_root(document: CreditNoteDocument) -> Node:
    """El documento entero."""
    return document_root(
        "notaCredito",
        ("infoTributaria", tax_info(document)),
        ("infoNotaCredito", _header(document)),
        ("detalles", repeated("detalle", (_detail(document, line) for line in document.lines))),
        ("infoAdicional", additional_info(document)),
    )


def _header(document: CreditNoteDocument) -> tuple[Node, ...]:
    issuer, buyer = document.issuer, document.buyer
    return nodes(
        ("fechaEmision", day(document.heading.issue_date)),
        ("dirEstablecimiento", text(issuer.establishment_address)),
        ("tipoIdentificacionComprador", BUYER_ID_CODES[buyer.id_type]),
        ("razonSocialComprador", text(buyer.name)),
        ("identificacionComprador", text(buyer.id_number)),
        ("contribuyenteEspecial", issuer.special_taxpayer_number),
        ("obligadoContabilidad", accounting(issuer)),
        ("codDocModificado", FACTURA),
        ("numDocModificado", document.modified_number),
        ("fechaEmisionDocSustento", day(document.modified_date)),
        ("totalSinImpuestos", money(document.subtotal)),
        ("valorModificacion", money(document.total_amount)),
        ("moneda", CURRENCY),
        ("totalConImpuestos", header_taxes(document.taxes, document.modified_date, with_rate=False)),
        ("motivo", text(document.reason)),
    )


def _detail(document: CreditNoteDocument, line: Line) -> tuple[Node, ...]:
    return nodes(
        ("codigoInterno", product_code(line.code)),
        ("descripcion", text(line.description)),
        ("cantidad", quantity(line.quantity)),
        ("precioUnitario", quantity(line.unit_price)),
        ("descuento", money(line.discount)),
        ("precioTotalSinImpuesto", money(line.subtotal)),
        ("impuestos", line_taxes(line, document.modified_date, _line_iva(document, line))),
    )


def _line_iva(document: CreditNoteDocument, line: Line) -> Decimal:
    """El IVA de una línea: el del documento si es la única de su tarifa, para que no se contradigan."""
    if sum(other.iva_rate == line.iva_rate for other in document.lines) > 1:
        return line_iva(line)
    return next((tax.iva for tax in document.taxes if tax.iva_rate == line.iva_rate), line_iva(line))
