"""De quién es un certificado: el RUC y la cédula que trae.

No hay un lugar convenido: cada entidad los escribe en el `serialNumber`, en el nombre común, en 2.5.4.97
(«VATEC-…») o en extensiones propias. Se busca en todo el titular y en las extensiones que hablan de él.
"""

import re
from collections.abc import Iterator

from cryptography import x509

from common.validators import cedula
from facturacion_service.sri.signing import der
from facturacion_service.sri.signing.certificate_der import extensions, subject_der
from facturacion_service.sri.signing.issuer_name import attributes

_RUC = re.compile(r"(?<!\d)\d{10}001(?!\d)", re.ASCII)
_CEDULA = re.compile(r"(?<!\d)\d{10}(?!\d)", re.ASCII)
# Extensiones que no hablan del titular; ahí un número de trece dígitos sería casualidad.
_TECHNICAL = {
    "2.5.29.14",  # identificador de la clave del titular
    "2.5.29.18",  # otros nombres del emisor
    "2.5.29.31",  # dónde se publican los revocados
    "2.5.29.32",  # políticas
    "2.5.29.35",  # identificador de la clave del emisor
    "1.3.6.1.5.5.7.1.1",  # dónde preguntar por su estado
}


def owner_ids(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Los RUC y las cédulas que menciona, sin repetir y en su orden."""
    texts = list(_texts(certificate))
    cedulas = (number for number in _found(_CEDULA, texts) if _is_cedula(number))
    return _found(_RUC, texts), tuple(cedulas)


def _texts(certificate: x509.Certificate) -> Iterator[str]:
    yield from (text for _, text in attributes(subject_der(certificate)))
    for oid, content in extensions(certificate).items():
        if oid not in _TECHNICAL:
            # En un BMPString hay un byte nulo ante cada dígito.
            yield from (piece.replace(b"\0", b"").decode("latin-1") for piece in _pieces(content))


def _pieces(content: bytes) -> list[bytes]:
    """Los valores de una extensión; hay entidades que escriben el número a secas, sin ASN.1."""
    try:
        return [node.content for node in der.primitives(content)]
    except ValueError:
        return [content]


def _found(pattern: re.Pattern[str], texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match for text in texts for match in pattern.findall(text)))


def _is_cedula(number: str) -> bool:
    try:
        return bool(cedula(number))
    except ValueError:
        return False
