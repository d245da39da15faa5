"""Comprobantes firmados con un certificado inventado, para llevarlos al SRI simulado."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from facturacion_service.sri.certificates import Credential
from facturacion_service.sri.documents import Document
from facturacion_service.sri.documents_xml import to_xml
from facturacion_service.sri.signature import sign
from tests.facturacion.sri import samples

# El mediodía del día en que se emiten los comprobantes de muestra, en Ecuador.
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


@cache
def key(number: int = 0) -> rsa.RSAPrivateKey:
    """Una clave por número: hacerlas es lento."""
    return rsa.generate_private_key(65537, 2048)


@cache
def credential(
    not_after: datetime = NOON + timedelta(days=30), key_number: int = 0, *, signs: bool = True
) -> Credential:
    """Un certificado que se firma a sí mismo, vigente desde el día anterior."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AUTORIDAD INVENTADA, S.A.")])
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key(key_number).public_key())
        .serial_number(20261123)
        .not_valid_before(NOON - timedelta(days=1))
        .not_valid_after(not_after)
        .add_extension(x509.KeyUsage(digital_signature=signs, **usage), critical=True)
        .sign(key(key_number), hashes.SHA256())
    )
    return Credential(key(key_number), certificate)


def document(**changes: Any) -> tuple[str, bytes]:
    """La clave y los bytes de una factura de muestra firmada."""
    invoice = samples.invoice_document(**changes)
    return invoice.heading.access_key, signed(invoice)


def signed(paper: Document, owner: Credential | None = None, at: datetime = NOON) -> bytes:
    """Los bytes de un comprobante firmado."""
    return sign(to_xml(paper), owner or credential(), algorithm="sha1", at=at)
