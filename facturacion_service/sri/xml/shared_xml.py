"""Lo que comparten la factura y la nota de crédito en XML: el emisor, los impuestos y lo adicional."""

from datetime import date
from decimal import Decimal

from common.rules.money import Tax, round_cents
from facturacion_service.sri.xml.codes import EMISSION_NORMAL, ENVIRONMENT_CODES, IVA, doc_code_of, iva_code
from facturacion_service.sri.xml.documents import Document, Issuer, Line
from facturacion_service.sri.xml.nodes import Content, Node, money, nodes, repeated, text

VERSION = "1.1.0"
CODE_LENGTH = 25
EMAIL_FIELD = "Correo"
PROVIDER_FIELD = "RUC Proveedor"  # anexo 26
LARGE_TAXPAYER_FIELD = "Gran Contribuyente"


def document_root(tag: str, *pairs: tuple[str, Content]) -> Node:
    """La raíz de un comprobante; su `id` es lo que la firma señala."""
    return Node(tag, nodes(*pairs), {"id": "comprobante", "version": VERSION})


def tax_info(document: Document) -> tuple[Node, ...]:
    """`infoTributaria`: quién emite y con qué número."""
    heading, issuer = document.heading, document.issuer
    return nodes(
        ("ambiente", ENVIRONMENT_CODES[heading.environment]),
        ("tipoEmision", EMISSION_NORMAL),
        ("razonSocial", text(issuer.legal_name)),
        ("nombreComercial", text(issuer.trade_name)),
        ("ruc", issuer.ruc),
        ("claveAcceso", heading.access_key),
        ("codDoc", doc_code_of(document)),
        ("estab", heading.series.establishment),
        ("ptoEmi", heading.series.emission_point),
        ("secuencial", f"{heading.sequential:09d}"),
        ("dirMatriz", text(issuer.head_office_address)),
        ("agenteRetencion", issuer.withholding_agent_number),
        ("contribuyenteRimpe", issuer.rimpe_legend),
    )


def accounting(issuer: Issuer) -> str:
    """Si lleva contabilidad, como lo escribe el SRI."""
    return "SI" if issuer.keeps_accounting else "NO"


def product_code(code: str) -> str | None:
    """El código de un producto, cortado a lo que cabe: identifica, no se lee."""
    return text((text(code) or "")[:CODE_LENGTH])


def header_taxes(taxes: tuple[Tax, ...], on: date, *, with_rate: bool) -> tuple[Node, ...]:
    """`totalConImpuestos`: uno por tarifa. La nota de crédito no admite `tarifa` aquí."""
    return repeated(
        "totalImpuesto",
        (
            nodes(
                ("codigo", IVA),
                ("codigoPorcentaje", iva_code(tax.iva_rate, on)),
                ("baseImponible", money(tax.base)),
                ("tarifa", money(Decimal(tax.iva_rate)) if with_rate else None),
                ("valor", money(tax.iva)),
            )
            for tax in taxes
        ),
    )


def line_iva(line: Line) -> Decimal:
    """El IVA de una línea, redondeado solo: los de varias pueden no sumar el del documento."""
    return round_cents(line.subtotal * line.iva_rate / 100)


def line_taxes(line: Line, on: date, iva: Decimal) -> tuple[Node, ...]:
    """`impuestos` de una línea."""
    tax = nodes(
        ("codigo", IVA),
        ("codigoPorcentaje", iva_code(line.iva_rate, on)),
        ("tarifa", money(Decimal(line.iva_rate))),
        ("baseImponible", money(line.subtotal)),
        ("valor", money(iva)),
    )
    return nodes(("impuesto", tax))


def system_info(document: Document) -> tuple[tuple[str, str], ...]:
    """Los datos adicionales que pone el sistema: el correo del comprador y lo que la norma exige."""
    issuer = document.issuer
    chosen = (
        (EMAIL_FIELD, document.buyer.email),
        (PROVIDER_FIELD, issuer.provider_ruc),
        (LARGE_TAXPAYER_FIELD, issuer.large_taxpayer_resolution),
    )
    return tuple((name, value) for name, value in chosen if value)


def additional_info(document: Document) -> Content:
    """`infoAdicional`: lo que eligió la clínica y, después, lo del sistema; nada si no hay."""
    pairs = (*document.additional_info, *system_info(document))
    return (
        tuple(Node("campoAdicional", text(value), {"nombre": text(name) or ""}) for name, value in pairs)
        or None
    )
