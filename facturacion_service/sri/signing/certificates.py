"""La firma electrónica de la clínica: abrir su .p12, describir el certificado y decir si sirve.

«Ficha técnica SRI 2.34», capítulo 6: RSA de 2048 bits o más, en un archivo PKCS#12. Una clave y su
certificado son un :class:`Credential`; cómo se guarda cifrado es cosa de `vault`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from facturacion_service.sri.signing import der, p12
from facturacion_service.sri.signing.certificate_der import can_sign, issuer_der, subject_der
from facturacion_service.sri.signing.certificate_owner import owner_ids
from facturacion_service.sri.signing.issuer_name import attributes, rfc2253
from facturacion_service.sri.xml.codes import ECUADOR
from facturacion_service.sri.xml.findings import Problem

MIN_KEY_BITS = 2048
EXPIRY_NOTICES = (5, 15, 30)  # días antes de vencer en que se avisa
_COMMON_NAME, _ORGANIZATION = "2.5.4.3", "2.5.4.10"


@dataclass(frozen=True)
class Credential:
    """Con qué se firma: la clave, su certificado y los de las entidades que lo respaldan."""

    private_key: RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True)
class CertificateInfo:
    """Lo que dice un certificado. `subject` e `issuer` van en RFC 2253; las fechas, con zona.

    :param holder: el titular como lo lee una persona; `issued_by`, la entidad que lo emitió.
    :param fingerprint: SHA-256 del certificado, en hexadecimal.
    :param rucs: los RUC que menciona el titular o una extensión; `cedulas`, las cédulas.
    """

    subject: str
    holder: str
    issuer: str
    issued_by: str
    serial_number: int
    not_before: datetime
    not_after: datetime
    fingerprint: str
    rucs: tuple[str, ...]
    cedulas: tuple[str, ...]


def open_p12(data: bytes, password: str) -> Credential:
    """La clave de un .p12 y, de sus certificados, el que sirve para firmar con ella.

    :raises ValueError: no es un .p12, la contraseña no lo abre, no trae clave, no es RSA de 2048 bits o más,
        o ningún certificado es de esa clave y para firma digital.
    """
    keys, certificates = p12.read(data, password)
    key, certificate = _signing_pair(_rsa_keys(keys), certificates)
    if key.key_size < MIN_KEY_BITS:
        raise ValueError(f"La clave de la firma mide {key.key_size} bits; el mínimo es {MIN_KEY_BITS}.")
    return Credential(key, certificate, tuple(_chain(certificate, certificates)))


def describe(certificate: x509.Certificate) -> CertificateInfo:
    """Lo que dice un certificado."""
    subject, issuer = subject_der(certificate), issuer_der(certificate)
    rucs, cedulas = owner_ids(certificate)
    return CertificateInfo(
        subject=rfc2253(subject),
        holder=_holder(subject),
        issuer=rfc2253(issuer),
        issued_by=_holder(issuer),
        serial_number=certificate.serial_number,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        rucs=rucs,
        cedulas=cedulas,
    )


def problems(info: CertificateInfo, ruc: str, now: datetime) -> list[Problem]:
    """Por qué un certificado no sirve, o no del todo, para los comprobantes de un RUC.

    :param now: el instante en que se firmaría, con zona.
    """
    return [*_validity_problems(info, now), *_owner_problems(info, ruc)]


def dump(credential: Credential) -> bytes:
    """La credencial en bytes, sin cifrar: la clave (PKCS#8) y los certificados, en DER y seguidos."""
    key = credential.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificates = (credential.certificate, *credential.chain)
    return key + b"".join(certificate.public_bytes(Encoding.DER) for certificate in certificates)


def load(data: bytes) -> Credential:
    """La credencial que escribió `dump`.

    :raises ValueError: si los bytes no son los de una credencial.
    """
    key, *certificates = [node.encoded for node in der.parse(data)] or [b""]
    private_key = load_der_private_key(key, password=None)
    if not isinstance(private_key, RSAPrivateKey) or not certificates:
        raise ValueError("Lo guardado no es una clave RSA con su certificado.")
    certificate, *chain = map(x509.load_der_x509_certificate, certificates)
    if certificate.public_key() != private_key.public_key():
        raise ValueError("La clave guardada no es la del certificado.")
    return Credential(private_key, certificate, tuple(chain))


def _rsa_keys(keys: list[PrivateKeyTypes]) -> list[RSAPrivateKey]:
    if not keys:
        raise ValueError("El archivo .p12 no trae la clave privada, sin la que no se puede firmar.")
    found = [key for key in keys if isinstance(key, RSAPrivateKey)]
    if not found:
        raise ValueError("La clave de la firma no es RSA, la única que admite el SRI.")
    return found


def _signing_pair(
    keys: list[RSAPrivateKey], certificates: list[x509.Certificate]
) -> tuple[RSAPrivateKey, x509.Certificate]:
    """La clave y su certificado de firma digital; si se renovó y hay varios, el que vence último."""
    pairs = [(key, one) for key in keys for one in certificates if _belongs(one, key)]
    if not pairs:
        raise ValueError("El archivo .p12 no trae el certificado de su clave privada.")
    signing = [pair for pair in pairs if can_sign(pair[1])]
    if not signing:
        raise ValueError("El certificado del archivo .p12 no es de firma digital; el SRI lo rechazaría.")
    return max(signing, key=lambda pair: pair[1].not_valid_after_utc)


def _belongs(certificate: x509.Certificate, key: RSAPrivateKey) -> bool:
    try:
        return certificate.public_key() == key.public_key()
    except (ValueError, UnsupportedAlgorithm):  # el de otra clave, de un tipo que no se conoce
        return False


def _chain(certificate: x509.Certificate, certificates: list[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Del emisor del certificado hacia la raíz, los que estén en el archivo."""
    by_subject = {subject_der(candidate): candidate for candidate in certificates}
    issuer = by_subject.pop(issuer_der(certificate), None)
    while issuer is not None:
        if issuer != certificate:
            yield issuer
        issuer = by_subject.pop(issuer_der(issuer), None)


def _holder(name: bytes) -> str:
    """El nombre común o, si no tiene, la organización o el nombre completo."""
    found = dict(reversed(attributes(name)))
    return found.get(_COMMON_NAME) or found.get(_ORGANIZATION) or rfc2253(name)


def _validity_problems(info: CertificateInfo, now: datetime) -> Iterator[Problem]:
    starts, ends = (instant.astimezone(ECUADOR) for instant in (info.not_before, info.not_after))
    if now > info.not_after:
        yield Problem("vencido", f"El certificado venció el {ends:%d/%m/%Y}.", blocking=True)
        return
    if now < info.not_before:
        yield Problem("aun_no_vigente", f"El certificado sirve desde el {starts:%d/%m/%Y}.", blocking=True)
    days = (ends.date() - now.astimezone(ECUADOR).date()).days
    for notice in (notice for notice in EXPIRY_NOTICES if days <= notice):
        when = {0: "hoy", 1: "mañana"}.get(days, f"en {days} días")
        text = f"El certificado vence el {ends:%d/%m/%Y} ({when})."
        yield Problem(f"vence_en_{notice}_dias", text)
        return


def _owner_problems(info: CertificateInfo, ruc: str) -> Iterator[Problem]:
    if ruc in info.rucs or ruc[:10] in info.cedulas:
        return
    found = ", ".join((*info.rucs, *info.cedulas)) or "ninguno"
    text = f"El certificado no menciona el RUC {ruc} del emisor; los que menciona: {found}."
    yield Problem("otro_ruc", text)
