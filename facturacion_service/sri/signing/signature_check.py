"""Comprobar la firma de un comprobante y que no haya en él nada que la firma no cubra.

Una firma XML puede ser válida y el documento, otro: basta mover la firma, envolver lo firmado o escribir en
las partes que ningún resumen cubre. Por eso aquí solo vale la forma exacta que escribe `signature`.
"""

from base64 import b64decode, b64encode
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import VerifyResult
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from facturacion_service.sri.signing.signature_layout import (
    DS,
    KEY_INFO,
    OBJECT,
    PARTS,
    QUALIFYING_PROPERTIES,
    SIGNATURE,
    SIGNATURE_VALUE,
    SIGNED_INFO,
    SIGNED_PROPERTIES,
    XADES,
    unsigned_attributes,
)
from facturacion_service.sri.xml import safe_xml

_METHODS = frozenset({SignatureMethod.RSA_SHA1, SignatureMethod.RSA_SHA256})
_DIGESTS = frozenset({DigestAlgorithm.SHA1, DigestAlgorithm.SHA256})
# signxml deja salir los errores de lo que va leyendo: base64 roto, números que no son una clave, esquema…
_LIBRARY_ERRORS = (SignXMLException, etree.LxmlError, ValueError, TypeError, AttributeError)


class SignatureError(ValueError):
    """El documento no se puede firmar o su firma no vale; el texto es una frase para una persona."""


def parse(xml: bytes) -> etree._Element:
    """La raíz de un XML en UTF-8 sin DOCTYPE, entidades ni comentarios, que la firma no cubre.

    :raises SignatureError: si no es así.
    """
    try:
        root = safe_xml.parse(xml)
    except safe_xml.UnreadableXml as error:
        raise SignatureError(f"El documento no se puede leer: {error}.") from error
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() != "UTF-8":
        raise SignatureError("El documento no está en UTF-8.")
    if _has_asides(root):
        raise SignatureError("El documento lleva comentarios o instrucciones, que la firma no cubriría.")
    return root


def verify(signed: bytes, certificate: x509.Certificate) -> None:
    """Comprueba que un comprobante es, entero, lo que se firmó con ese certificado.

    No mira si el certificado está revocado ni quién lo emitió: eso lo hace el SRI.

    :raises SignatureError: si se cambió cualquier parte o se firmó con otro certificado.
    """
    root = parse(signed)
    signature = _only_signature(root)
    _check_shape(signature)
    _check_certificate(signature, certificate)
    _check_coverage(root, signature, _verified(signed, signature, certificate))


def _has_asides(root: etree._Element) -> bool:
    inside = next(root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity), None)
    return any(node is not None for node in (inside, root.getprevious(), root.getnext()))


def _only_signature(root: etree._Element) -> etree._Element:
    """La firma, que va al final del comprobante."""
    signature = next(root.iter(SIGNATURE), None)
    if signature is None:
        raise SignatureError("El documento no está firmado.")
    if root[-1] is not signature:
        raise SignatureError("La firma no es la última parte del comprobante.")
    return signature


def _check_shape(signature: etree._Element) -> None:
    """Que las partes sean las de siempre, y lo que la firma no cubre, lo que de ella se deduce."""
    if tuple(element.tag for element in signature.iter()) != PARTS:
        raise SignatureError("La firma no tiene las partes que debe tener.")
    number = _one(signature, SIGNED_INFO).get("Id", "").removeprefix("Signature").removesuffix("-SignedInfo")
    for tag, expected in unsigned_attributes(number).items():
        if dict(_one(signature, tag).items()) != expected:
            raise SignatureError("Alguien cambió los identificadores de la firma.")
    if any(_loose_texts(signature)) or not _is_strict_base64(_one(signature, SIGNATURE_VALUE).text or ""):
        raise SignatureError("Alguien agregó texto a la firma.")


def _loose_texts(signature: etree._Element) -> list[str | None]:
    """Los textos entre las partes que ningún resumen cubre."""
    containers = [_one(signature, tag) for tag in (SIGNATURE, OBJECT, QUALIFYING_PROPERTIES)]
    tails = [child.tail for container in containers for child in container]
    return [container.text for container in containers] + tails


def _is_strict_base64(text: str) -> bool:
    try:
        return b64encode(b64decode(text, validate=True)).decode() == text
    except ValueError:
        return False


def _check_certificate(signature: etree._Element, certificate: x509.Certificate) -> None:
    encoded = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    if _one(signature, f"{DS}X509Certificate").text != encoded:
        raise SignatureError("El comprobante no está firmado con ese certificado.")


def _verified(signed: bytes, signature: etree._Element, certificate: x509.Certificate) -> list[VerifyResult]:
    """Lo que la firma cubre, ya comprobado con la clave del certificado."""
    try:
        config = _configuration(signature)
        return XAdESVerifier().verify(signed, x509_cert=certificate, expect_config=config)
    except _LIBRARY_ERRORS as error:
        raise SignatureError("La firma no vale: el comprobante o la firma cambiaron.") from error


def _configuration(signature: etree._Element) -> XAdESSignatureConfiguration:
    return XAdESSignatureConfiguration(
        location="./",
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        verification_time=datetime.fromisoformat(_one(signature, f"{XADES}SigningTime").text or ""),
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )


def _check_coverage(root: etree._Element, signature: etree._Element, results: list[VerifyResult]) -> None:
    """Que lo firmado sea este documento entero, y no una parte ni otro elemento con el mismo nombre."""
    root.remove(signature)
    covered = {
        result.signed_xml.tag: result.signed_data for result in results if result.signed_xml is not None
    }
    is_whole = covered.get(root.tag) == etree.tostring(root, method="c14n")
    if not is_whole or covered.keys() != {root.tag, KEY_INFO, SIGNED_PROPERTIES}:
        raise SignatureError("La firma no cubre el comprobante entero.")


def _one(signature: etree._Element, tag: str) -> etree._Element:
    return next(signature.iter(tag))
