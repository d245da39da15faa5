"""Comprobantes firmados con un certificado inventado, para llevarlos al SRI simulado."""

from datetime import UTC, datetime
from typing import Any

from facturacion_service.sri.signing.certificates import Credential
from facturacion_service.sri.signing.signature import sign
from facturacion_service.sri.xml.build import to_xml
from facturacion_service.sri.xml.documents import Document
from tests.facturacion.sri import samples
from tests.facturacion.sri.signing import signers

# El mediodía del día en que se emiten los comprobantes de muestra, en Ecuador.
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


def document(**changes: Any) -> tuple[str, bytes]:
    """La clave y los bytes de una factura de muestra firmada."""
    invoice = samples.invoice_document(**changes)
    return invoice.heading.access_key, signed(invoice)


def signed(paper: Document, owner: Credential | None = None, at: datetime = NOON) -> bytes:
    """Los bytes de un comprobante firmado."""
    return sign(to_xml(paper), owner or signers.credential(), algorithm="sha1", at=at)
