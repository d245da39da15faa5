"""La firma de un comprobante, verificada de nuevo y sin el código que firma (errores 39 y 40).

Con lxml para la forma canónica y `cryptography` para lo demás: si esta comprobación y la de quien firma
coinciden, no es porque compartan un error. Ficha técnica SRI 2.34, §6 y anexo 14.
"""

import hashlib
from base64 import b64decode
from copy import deepcopy
from datetime import datetime, timedelta
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from scripts.fake_sri.messages import Refused
from scripts.fake_sri.paper import Paper

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
DIGESTS = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashlib.sha1,
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
}
METHODS: dict[str, type[hashes.HashAlgorithm]] = {
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1": hashes.SHA1,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": hashes.SHA256,
}
SMALLEST_KEY = 2048  # bits
CLOCK_SKEW = timedelta(minutes=5)


def check(paper: Paper, at: datetime) -> None:
    """Comprueba el certificado, la firma y lo que la firma cubre.

    :raises Refused: 39 o 40.
    """
    signature = _only(paper.root, f"{DS}Signature")
    certificate = _certificate(signature, at)
    _check_value(signature, certificate)
    covered = [_check_reference(paper, reference) for reference in signature.iter(f"{DS}Reference")]
    names = [element.tag for element in covered]
    if sorted(names) != sorted([paper.root.tag, f"{DS}KeyInfo", f"{XADES}SignedProperties"]):
        raise Refused("39", "no firma el comprobante, el certificado y sus propiedades")
    _check_properties(_only(signature, f".//{XADES}SignedProperties"), certificate, at)


def _certificate(signature: etree._Element, at: datetime) -> x509.Certificate:
    words = signature.findtext(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate") or ""
    try:
        certificate = x509.load_der_x509_certificate(_binary(words))
    except ValueError as error:
        raise Refused("40", "no se encontró el certificado o no es X509") from error
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Refused("40", "el certificado no está vigente")
    if not _signs(certificate):
        raise Refused("39", "el certificado utilizado no es del tipo firma digital")
    return certificate


def _signs(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature


def _check_value(signature: etree._Element, certificate: x509.Certificate) -> None:
    """Que la clave del certificado haya firmado la lista de referencias."""
    info = _only(signature, f"{DS}SignedInfo")
    if _algorithm(info, "CanonicalizationMethod") != C14N:
        raise Refused("39", "la forma canónica no es la que pide el SRI")
    method = METHODS.get(_algorithm(info, "SignatureMethod"))
    key = certificate.public_key()
    if method is None or not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise Refused("39", f"la firma no es RSA de {SMALLEST_KEY} bits con SHA")
    value = _binary(signature.findtext(f"{DS}SignatureValue") or "")
    try:
        key.verify(value, _canonical(info), padding.PKCS1v15(), method())
    except InvalidSignature as error:
        raise Refused("39", "el valor de la firma no corresponde") from error


def _check_reference(paper: Paper, reference: etree._Element) -> etree._Element:
    """Comprueba el resumen de una referencia y devuelve el elemento al que se refiere."""
    target = _target(paper.root, reference.get("URI") or "")
    transforms = [one.get("Algorithm") for one in reference.iter(f"{DS}Transform")]
    if transforms != ([ENVELOPED] if target is paper.root else []):
        raise Refused("39", "una referencia se transforma como no debe")
    digest = DIGESTS.get(_algorithm(reference, "DigestMethod"))
    written = _binary(reference.findtext(f"{DS}DigestValue") or "")
    if digest is None or digest(_canonical(target)).digest() != written:
        raise Refused("39", f"el resumen de {reference.get('URI')} no corresponde")
    if target.tag == f"{XADES}SignedProperties" and reference.get("Type") != SIGNED_PROPERTIES:
        raise Refused("39", "la referencia a las propiedades no dice su tipo")
    return target


def _target(root: etree._Element, uri: str) -> etree._Element:
    name = uri.removeprefix("#")
    found = [one for one in root.iter("*") if name in (one.get("id"), one.get("Id"), one.get("ID"))]
    if not uri.startswith("#") or len(found) != 1:
        raise Refused("39", f"la referencia «{uri}» no señala un elemento")
    return found[0]


def _canonical(element: etree._Element) -> bytes:
    """La forma canónica inclusiva de un elemento en su lugar; la raíz, sin su firma."""
    # Se rehace con todos los espacios de nombres que lo alcanzan: la forma inclusiva los escribe.
    spaces = cast(dict[str, str], element.nsmap)
    apex = etree.Element(element.tag, nsmap=spaces)
    for name, value in element.items():
        apex.set(name, value)
    apex.text = element.text
    apex.extend([deepcopy(child) for child in element])
    if element.getparent() is None:
        for signature in apex.findall(f"{DS}Signature"):
            _remove(apex, signature)
    return etree.tostring(apex, method="c14n", exclusive=False, with_comments=False)


def _remove(parent: etree._Element, child: etree._Element) -> None:
    """Quita un elemento y deja el texto que le sigue, que no es suyo."""
    before = child.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (child.tail or "")
    else:
        parent.text = (parent.text or "") + (child.tail or "")
    parent.remove(child)


def _check_properties(properties: etree._Element, certificate: x509.Certificate, at: datetime) -> None:
    """Que las propiedades nombren al certificado que firmó y una hora que ya pasó."""
    cert = _only(properties, f".//{XADES}SigningCertificate/{XADES}Cert")
    digest = DIGESTS.get(_algorithm(_only(cert, f"{XADES}CertDigest"), "DigestMethod"))
    written = _binary(cert.findtext(f"{XADES}CertDigest/{DS}DigestValue") or "")
    if digest is None or digest(certificate.public_bytes(Encoding.DER)).digest() != written:
        raise Refused("39", "el certificado de las propiedades no es el que firmó")
    serial = cert.findtext(f"{XADES}IssuerSerial/{DS}X509SerialNumber") or ""
    if serial.strip() != str(certificate.serial_number):
        raise Refused("39", "el número de serie del certificado no corresponde")
    if _instant(properties.findtext(f".//{XADES}SigningTime") or "") > at + CLOCK_SKEW:
        raise Refused("39", "la hora de la firma está en el futuro")


def _only(parent: etree._Element, path: str) -> etree._Element:
    found = parent.findall(path)
    if len(found) != 1:
        raise Refused("39", f"hay {len(found)} {path.rpartition('}')[2]} en la firma")
    return found[0]


def _algorithm(parent: etree._Element, name: str) -> str:
    return _only(parent, f"{DS}{name}").get("Algorithm") or ""


def _binary(words: str) -> bytes:
    try:
        return b64decode("".join(words.split()), validate=True)
    except ValueError as error:
        raise Refused("39", "hay un valor que no es base64") from error


def _instant(words: str) -> datetime:
    try:
        instant = datetime.fromisoformat(words.strip())
    except ValueError as error:
        raise Refused("39", f"la hora de la firma «{words}» no se entiende") from error
    if instant.tzinfo is None:
        raise Refused("39", "la hora de la firma no tiene zona")
    return instant
