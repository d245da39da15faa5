"""Lee un comprobante, firmado o no, y deja lo que dice listo para imprimirlo o anunciarlo.

Sirve para facturas y notas de crédito de cualquier versión publicada; lo que una versión no trae queda en
`None` o vacío. Ningún monto se vuelve a calcular.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from common.rules.money import ZERO
from facturacion_service.sri.vouchers.vouchers import (
    ModifiedDocument,
    ReadBuyer,
    ReadIssuer,
    ReadLine,
    ReadPayment,
    ReadTax,
    Voucher,
)
from facturacion_service.sri.xml.access_key import LENGTH as KEY_LENGTH
from facturacion_service.sri.xml.codes import environment_of
from facturacion_service.sri.xml.documents import Environment
from facturacion_service.sri.xml.safe_xml import UnreadableXml, parse

# Una cifra que un comprobante admite; otra (NaN, 1E+999999) no llega a convertirse.
_DECIMAL = re.compile(r"[+-]?\d{1,18}(\.\d{0,8})?")


class Unreadable(ValueError):
    """Los bytes no son una factura ni una nota de crédito; el texto es una frase para una persona."""


@dataclass(frozen=True)
class _Shape:
    """Los nombres que cambian de un tipo de comprobante a otro."""

    info: str
    total: str
    main_code: str
    auxiliary_code: str


_SHAPES = {
    "factura": _Shape("infoFactura", "importeTotal", "codigoPrincipal", "codigoAuxiliar"),
    "notaCredito": _Shape("infoNotaCredito", "valorModificacion", "codigoInterno", "codigoAdicional"),
}


class _Node:
    """Un elemento y las preguntas que se le hacen."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    def optional(self, path: str) -> str | None:
        found = self.element.find(path)
        # Todo el texto, aunque un comentario lo parta.
        return None if found is None else str(found.xpath("string()")).strip() or None

    def text(self, path: str) -> str:
        value = self.optional(path)
        if value is None:
            raise Unreadable(f"Al comprobante le falta «{path}».")
        return value

    def amount(self, path: str) -> Decimal:
        return _decimal(self.text(path), path)

    def optional_amount(self, path: str) -> Decimal | None:
        value = self.optional(path)
        return None if value is None else _decimal(value, path)

    def date(self, path: str) -> date:
        value = self.text(path)
        try:
            return datetime.strptime(value, "%d/%m/%Y").date()  # noqa: DTZ007 - una fecha no tiene zona
        except ValueError as error:
            raise Unreadable(f"«{path}» no es una fecha dd/mm/aaaa: {value[:20]}.") from error

    def all(self, path: str) -> "Iterator[_Node]":
        return map(_Node, self.element.iterfind(path))

    def only(self, path: str) -> "_Node":
        found = self.element.find(path)
        if found is None:
            raise Unreadable(f"Al comprobante le falta «{path}».")
        return _Node(found)


def _decimal(text: str, path: str) -> Decimal:
    if not text.isascii() or not _DECIMAL.fullmatch(text):
        raise Unreadable(f"«{path}» no es un número: {text[:20]}.")
    return Decimal(text)


def read(xml: bytes) -> Voucher:
    """Lo que dice un comprobante.

    :raises Unreadable: si no es XML, trae una DTD, o no es una factura ni una nota de crédito completa.
    """
    try:
        root = _Node(parse(xml))
    except UnreadableXml as error:
        raise Unreadable(f"El comprobante {error}.") from error
    tag = str(root.element.tag)
    shape = _SHAPES.get(tag)
    if shape is None:
        raise Unreadable(f"No es una factura ni una nota de crédito: {tag[:40]}.")
    return _voucher(root, shape)


def _voucher(root: _Node, shape: _Shape) -> Voucher:
    head, info = root.only("infoTributaria"), root.only(shape.info)
    lines = tuple(_line(node, shape) for node in root.all("detalles/detalle"))
    discount = info.optional_amount("totalDescuento")
    series = f"{head.text('estab')}-{head.text('ptoEmi')}"
    return Voucher(
        code=head.text("codDoc"),
        environment=_environment(head.text("ambiente")),
        access_key=_key(head.text("claveAcceso")),
        number=f"{series}-{head.text('secuencial')}",
        issue_date=info.date("fechaEmision"),
        issuer=_issuer(head, info),
        buyer=_buyer(info),
        delivery_note=info.optional("guiaRemision"),
        lines=lines,
        taxes=tuple(map(_tax, info.all("totalConImpuestos/totalImpuesto"))),
        subtotal=info.amount("totalSinImpuestos"),
        total_discount=sum((line.discount for line in lines), ZERO) if discount is None else discount,
        tip=info.optional_amount("propina"),
        total=info.amount(shape.total),
        payments=tuple(map(_payment, info.all("pagos/pago"))),
        modified=_modified(info),
        additional_info=_texts(root.all("infoAdicional/campoAdicional")),
    )


def _key(text: str) -> str:
    if not text.isascii() or not text.isdigit() or len(text) != KEY_LENGTH:
        raise Unreadable(f"«claveAcceso» no son {KEY_LENGTH} dígitos: {text[:60]}.")
    return text


def _environment(code: str) -> Environment:
    try:
        return environment_of(code)
    except ValueError as error:
        raise Unreadable(f"«ambiente» no es 1 ni 2: {code[:20]}.") from error


def _issuer(head: _Node, info: _Node) -> ReadIssuer:
    keeps = info.optional("obligadoContabilidad")
    return ReadIssuer(
        ruc=head.text("ruc"),
        legal_name=head.text("razonSocial"),
        trade_name=head.optional("nombreComercial"),
        head_office_address=head.text("dirMatriz"),
        establishment_address=info.optional("dirEstablecimiento"),
        special_taxpayer_number=info.optional("contribuyenteEspecial"),
        keeps_accounting=None if keeps is None else keeps == "SI",
        withholding_agent_number=head.optional("agenteRetencion"),
        rimpe_legend=head.optional("contribuyenteRimpe"),
    )


def _buyer(info: _Node) -> ReadBuyer:
    return ReadBuyer(
        id_type=info.text("tipoIdentificacionComprador"),
        id_number=info.text("identificacionComprador"),
        name=info.text("razonSocialComprador"),
        address=info.optional("direccionComprador"),
    )


def _line(node: _Node, shape: _Shape) -> ReadLine:
    return ReadLine(
        main_code=node.optional(shape.main_code),
        auxiliary_code=node.optional(shape.auxiliary_code),
        description=node.text("descripcion"),
        quantity=node.amount("cantidad"),
        unit_price=node.amount("precioUnitario"),
        discount=node.optional_amount("descuento") or ZERO,
        total=node.amount("precioTotalSinImpuesto"),
        details=_attributes(node.all("detallesAdicionales/detAdicional")),
        taxes=tuple(map(_tax, node.all("impuestos/impuesto"))),
    )


def _tax(node: _Node) -> ReadTax:
    return ReadTax(
        code=node.text("codigo"),
        percentage_code=node.text("codigoPorcentaje"),
        rate=node.optional_amount("tarifa"),
        base=node.amount("baseImponible"),
        amount=node.amount("valor"),
    )


def _payment(node: _Node) -> ReadPayment:
    return ReadPayment(
        method=node.text("formaPago"),
        total=node.amount("total"),
        term=node.optional_amount("plazo"),
        time_unit=node.optional("unidadTiempo"),
    )


def _modified(info: _Node) -> ModifiedDocument | None:
    if info.optional("numDocModificado") is None:
        return None
    return ModifiedDocument(
        code=info.text("codDocModificado"),
        number=info.text("numDocModificado"),
        issue_date=info.date("fechaEmisionDocSustento"),
        reason=info.text("motivo"),
    )


def _attributes(nodes: "Iterator[_Node]") -> tuple[tuple[str, str], ...]:
    return tuple((node.element.get("nombre", ""), node.element.get("valor", "")) for node in nodes)


def _texts(nodes: "Iterator[_Node]") -> tuple[tuple[str, str], ...]:
    return tuple((node.element.get("nombre", ""), node.optional(".") or "") for node in nodes)
