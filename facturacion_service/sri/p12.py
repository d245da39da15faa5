"""Lo que trae un archivo PKCS#12 (.p12 o .pfx): sus claves y sus certificados.

`cryptography` solo entrega la primera clave, y hay entidades que ponen dos en el archivo, una para firmar y
otra para cifrar, en cualquier orden; las demás se leen aquí de sus bolsas (RFC 7292).
"""

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates, load_pkcs12

from facturacion_service.sri import der

_VERSION = b"\x03"
_DATA = "1.2.840.113549.1.7.1"
_SHROUDED_KEY = "1.2.840.113549.1.12.10.1.2"


class WrongPassword(ValueError):
    """La contraseña no abre el archivo, o está dañado: no hay cómo distinguirlo."""


def read(data: bytes, password: str) -> tuple[list[PrivateKeyTypes], list[x509.Certificate]]:
    """Las claves y los certificados de un archivo.

    :raises WrongPassword: si la contraseña no lo abre.
    :raises ValueError: si no es un PKCS#12.
    """
    if not _looks_like_p12(data):
        raise ValueError("El archivo no es una firma electrónica .p12 o .pfx (PKCS#12).")
    bundle = _load(data, password)
    holders = [bundle.cert, *bundle.additional_certs]
    keys = [bundle.key, *_shrouded_keys(data, password)] if bundle.key else []
    return [key for key in keys if key], [holder.certificate for holder in holders if holder]


def _load(data: bytes, password: str) -> PKCS12KeyAndCertificates:
    try:
        return load_pkcs12(data, password.encode() or None)
    except UnsupportedAlgorithm as error:
        raise ValueError("El archivo .p12 usa un cifrado que no se admite; pida uno nuevo.") from error
    except ValueError as error:
        message = "La contraseña no abre el archivo .p12, o el archivo está dañado."
        raise WrongPassword(message) from error


def _looks_like_p12(data: bytes) -> bool:
    try:
        version, content, *_ = der.first(data).children()
        return version.content == _VERSION and content.children()[0].tag == der.OID
    except (ValueError, IndexError):
        return False


def _shrouded_keys(data: bytes, password: str) -> Iterator[PrivateKeyTypes]:
    """Las claves de las bolsas cifradas; la que no se puede abrir se salta."""
    for encoded in _shrouded_bags(data):
        try:
            yield load_der_private_key(encoded, password.encode())
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue


def _shrouded_bags(data: bytes) -> Iterator[bytes]:
    content = der.first(data).children()[1]
    for part in der.parse_one(_octets(content)).children():
        # Las claves ya van cifradas una a una; lo que va cifrado entero son los certificados.
        if _kind(part) == _DATA:
            bags = der.parse_one(_octets(part)).children()
            yield from (bag.children()[1].content for bag in bags if _kind(bag) == _SHROUDED_KEY)


def _kind(node: der.Node) -> str:
    return der.dotted(node.children()[0].content)


def _octets(content: der.Node) -> bytes:
    """La cadena que va en un ContentInfo de tipo «data»."""
    return content.children()[1].children()[0].octets()
