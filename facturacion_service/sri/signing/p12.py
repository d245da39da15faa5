"""Lo que trae un archivo PKCS#12 (.p12 o .pfx): sus claves y sus certificados.

`cryptography` solo entrega la primera clave, y hay entidades que ponen dos en el archivo, una para firmar y
otra para cifrar, en cualquier orden; las demás se leen aquí de sus bolsas (RFC 7292).
"""

import warnings
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates, load_pkcs12

from facturacion_service.sri.signing import der

MAX_ROUNDS = 10_000_000  # vueltas para derivar la clave: un segundo; lo normal son de mil a un millón
NOT_P12 = "El archivo no es una firma electrónica .p12 o .pfx (PKCS#12), o está cortado."
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
    parts = _parts(data)
    bundle = _load(data, password)
    holders = [bundle.cert, *bundle.additional_certs]
    keys = [bundle.key, *_shrouded_keys(parts, password)] if bundle.key else []
    return [key for key in keys if key], [holder.certificate for holder in holders if holder]


def _load(data: bytes, password: str) -> PKCS12KeyAndCertificates:
    try:
        if "\0" in password:  # OpenSSL no los admite y su enlace de Python se cae
            raise ValueError("la contraseña lleva un carácter nulo")
        with warnings.catch_warnings():
            # Un .p12 en BER se abre igual, que es lo que aquí importa.
            warnings.filterwarnings("ignore", message="PKCS#12 bundle could not be parsed as DER")
            return load_pkcs12(data, password.encode() or None)
    except UnsupportedAlgorithm as error:
        raise ValueError("El archivo .p12 usa un cifrado que no se admite; pida uno nuevo.") from error
    except ValueError as error:
        message = "La contraseña no abre el archivo .p12, o el archivo está dañado."
        raise WrongPassword(message) from error


def _parts(data: bytes) -> list[der.Node]:
    """Las partes del archivo, cada una con sus bolsas, después de mirar que se pueda abrir."""
    try:
        version, parts, rounds = _layout(der.first(data))
    except (ValueError, IndexError) as error:
        raise ValueError(NOT_P12) from error
    if version != _VERSION:
        raise ValueError(NOT_P12)
    if rounds > MAX_ROUNDS:
        raise ValueError("El archivo .p12 exige para abrirse más cálculo del razonable; pida uno nuevo.")
    return parts


def _layout(outer: der.Node) -> tuple[bytes, list[der.Node], int]:
    """La versión, las partes y la suma de los enteros, que es la de las vueltas y poco más."""
    version, content, *_ = outer.children()
    inner = _octets(content)
    rounds = sum(_integers(outer.content) + _integers(inner))
    return version.content, der.parse_one(inner).children(), rounds


def _integers(data: bytes) -> list[int]:
    """Los enteros a la vista: versiones, tamaños y vueltas."""
    found = (node for node in der.primitives(data) if node.tag == der.INTEGER)
    return [int.from_bytes(node.content, "big") for node in found]


def _shrouded_keys(parts: list[der.Node], password: str) -> Iterator[PrivateKeyTypes]:
    """Las claves de las bolsas cifradas; la que no se puede abrir se salta."""
    for encoded in _shrouded_bags(parts):
        try:
            yield load_der_private_key(encoded, password.encode())
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue


def _shrouded_bags(parts: list[der.Node]) -> Iterator[bytes]:
    # Las claves ya van cifradas una a una; las partes cifradas enteras son las de los certificados.
    for part in (part for part in parts if _kind(part) == _DATA):
        bags = der.parse_one(_octets(part)).children()
        yield from (bag.children()[1].content for bag in bags if _kind(bag) == _SHROUDED_KEY)


def _kind(node: der.Node) -> str:
    return der.dotted(node.children()[0].content)


def _octets(content: der.Node) -> bytes:
    """La cadena que va en un ContentInfo de tipo «data»."""
    return content.children()[1].children()[0].octets()
