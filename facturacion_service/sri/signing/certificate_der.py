"""Las partes de un certificado tal como las firmó la entidad, sin interpretarlas (RFC 5280, 4.1).

Se leen del DER y no de `cryptography`, que se niega a leer un nombre en T61 con tildes o una extensión que
no entiende; los certificados del país traen de lo uno y de lo otro.
"""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from facturacion_service.sri.signing import der

KEY_USAGE = "2.5.29.15"
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_ISSUER, _SUBJECT = 2, 4
_DIGITAL_SIGNATURE = 0x80


def issuer_der(certificate: x509.Certificate) -> bytes:
    """El nombre del emisor, en DER."""
    return _fields(certificate)[_ISSUER].encoded


def subject_der(certificate: x509.Certificate) -> bytes:
    """El nombre del titular, en DER."""
    return _fields(certificate)[_SUBJECT].encoded


def extensions(certificate: x509.Certificate) -> dict[str, bytes]:
    """El contenido de cada extensión, por su identificador con puntos."""
    found = [node for node in _fields(certificate) if node.tag == _EXTENSIONS]
    parts = [item.children() for node in found for item in node.children()[0].children()]
    return {der.dotted(part[0].content): part[-1].content for part in parts}


def can_sign(certificate: x509.Certificate) -> bool:
    """Si su uso de clave incluye «firma digital» (RFC 5280, 4.2.1.3)."""
    usage = extensions(certificate).get(KEY_USAGE)
    if usage is None:
        return False
    _unused_bits, *flags = der.parse_one(usage).content
    return bool(flags) and bool(flags[0] & _DIGITAL_SIGNATURE)


def _fields(certificate: x509.Certificate) -> list[der.Node]:
    """Número de serie, algoritmo, emisor, vigencia, titular, clave… sin la versión."""
    tbs = der.parse_one(certificate.public_bytes(Encoding.DER)).children()[0].children()
    return tbs[1:] if tbs[0].tag == _VERSION else tbs
