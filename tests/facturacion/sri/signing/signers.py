"""Firmas electrónicas inventadas para las pruebas; las claves se hacen una vez y se comparten."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from facturacion_service.sri.signing.certificates import Credential
from scripts.demo_certificate import Authority, make_authority, make_certificate, new_key

RUC = "1799000012001"
NAME = "CLÍNICA DE PRUEBA S.A."
STARTS = datetime(2026, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 23, 15, 30, 12, 987654, tzinfo=UTC)  # 10:30:12 en el Ecuador
ENDS = datetime(2027, 1, 1, tzinfo=UTC)


def key(number: int = 1) -> RSAPrivateKey:
    """Una de varias claves de 2048 bits; la 0 es de la entidad."""
    return _key(number)


@cache
def _key(_number: int) -> RSAPrivateKey:
    return new_key()


@cache
def authority() -> Authority:
    """La entidad que las certifica."""
    return make_authority(key=key(0))


def credential(number: int = 1, **changes: Any) -> Credential:
    """Con qué firma la clínica durante 2026."""
    values = {"ruc": RUC, "legal_name": NAME, "authority": authority(), "starts": STARTS, "days": 365}
    certificate = make_certificate(key=key(number), **values | changes)
    return Credential(key(number), certificate, (authority().certificate,))


def bare_certificate(
    subject: list[tuple[x509.ObjectIdentifier, str]], extensions: list[x509.ExtensionType] | tuple[()] = ()
) -> x509.Certificate:
    """Un certificado de 2026 con lo que se diga y nada más."""
    builder = (
        x509.CertificateBuilder()
        .issuer_name(authority().certificate.subject)
        .subject_name(x509.Name([x509.NameAttribute(oid, text) for oid, text in subject]))
        .public_key(key().public_key())
        .serial_number(7)
        .not_valid_before(STARTS)
        .not_valid_after(ENDS)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key(), hashes.SHA256())
