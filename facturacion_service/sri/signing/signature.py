"""Firma XAdES-BES de los comprobantes, como la pide el SRI («Ficha técnica 2.34», capítulo 6, anexo 14).

Los bytes firmados son definitivos: quien los guarda o los envía no los vuelve a escribir, porque un espacio
de más los invalida. El SRI pide SHA-1; SHA-256 queda como opción hasta que lo admita.
"""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.util import SigningSettings
from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

from facturacion_service.sri.signing.certificate_der import issuer_der
from facturacion_service.sri.signing.certificates import Credential
from facturacion_service.sri.signing.issuer_name import rfc2253
from facturacion_service.sri.signing.signature_check import SignatureError, parse, verify
from facturacion_service.sri.signing.signature_layout import (
    DOCUMENT_ID,
    DS,
    KEY_INFO,
    OBJECT,
    REFERENCE,
    SIGNATURE,
    SIGNATURE_VALUE,
    SIGNED_INFO,
    XADES,
    unsigned_attributes,
)
from facturacion_service.sri.xml.codes import ECUADOR

__all__ = ["Algorithm", "SignatureError", "sign", "verify"]

Algorithm = Literal["sha1", "sha256"]

METHODS = {
    "sha1": (SignatureMethod.RSA_SHA1, DigestAlgorithm.SHA1),
    "sha256": (SignatureMethod.RSA_SHA256, DigestAlgorithm.SHA256),
}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def sign(xml: bytes, credential: Credential, *, algorithm: Algorithm, at: datetime) -> bytes:
    """El comprobante firmado, comprobado y en UTF-8: los bytes que se guardan y se envían.

    :param at: el instante de la firma, con zona; uno por delante del reloj del SRI se rechaza.
    :raises SignatureError: si el XML no es un comprobante sin firmar o el certificado no rige a esa hora.
    """
    root = parse(xml)
    _check_signable(root)
    _check_valid(credential, at)
    try:
        signed = _Signer(algorithm, at).sign_document(root, credential)
    except ValueError as error:  # un nombre de emisor con caracteres que el XML no admite
        raise SignatureError("El nombre del emisor del certificado no se puede escribir en XML.") from error
    data = _DECLARATION + etree.tostring(signed, encoding="UTF-8", xml_declaration=False)
    verify(data, credential.certificate)
    return data


def _check_signable(root: etree._Element) -> None:
    if root.get("id") != DOCUMENT_ID or set(root.attrib) != {"id", "version"}:
        raise SignatureError(
            f'El XML no es un comprobante: le falta id="{DOCUMENT_ID}" o le sobran atributos.'
        )
    if next(root.iter(SIGNATURE), None) is not None:
        raise SignatureError("El comprobante ya está firmado.")
    if root.xpath("//*/*[@id or @Id or @ID]"):
        raise SignatureError("El comprobante lleva otros identificadores, con los que la firma se confunde.")


def _check_valid(credential: Credential, at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("la hora de la firma debe llevar zona")
    certificate = credential.certificate
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SignatureError("El certificado no está vigente a la hora de la firma.")


class _Signer(XAdESSigner):
    """Lo que la ficha pide distinto de lo que escribe signxml: el orden, los nombres y el certificado."""

    def __init__(self, algorithm: Algorithm, at: datetime) -> None:
        method, digest = METHODS[algorithm]
        super().__init__(
            signature_algorithm=method,
            digest_algorithm=digest,
            c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
            data_object_format=XAdESDataObjectFormat("contenido comprobante", "text/xml"),
        )
        self.signature_annotators = [
            self._name_parts,
            self._add_key_info,
            self._build_xades_ds_object,
            self._finish,
        ]
        self._number = str(100_000 + secrets.randbelow(900_000))
        self._at = at.astimezone(ECUADOR)

    def sign_document(self, root: etree._Element, credential: Credential) -> etree._Element:
        """Una copia del documento con la firma al final."""
        return self.sign(
            root,
            key=credential.private_key,
            cert=[credential.certificate],
            reference_uri=f"#{DOCUMENT_ID}",
            id_attribute="id",
            exclude_c14n_transform_element=True,
        )

    def check_deprecated_methods(self) -> None:
        """Deja pasar SHA-1, que es lo que pide el SRI."""

    def _name_parts(self, signature: etree._Element, **_: Any) -> None:
        """Los identificadores que las otras partes citan."""
        for tag in (SIGNATURE, SIGNATURE_VALUE):
            self._set_attributes(next(signature.iter(tag)))
        next(signature.iter(SIGNED_INFO)).set("Id", f"Signature{self._number}-SignedInfo")
        next(signature.iter(REFERENCE)).set("Id", f"Reference-ID-{self._number}")

    def _add_key_info(self, sig_root: etree._Element, signing_settings: SigningSettings) -> None:
        """El certificado y después la clave, como en el ejemplo de la ficha."""
        key_info = etree.SubElement(sig_root, KEY_INFO, Id=f"Certificate{self._number}")
        data = etree.SubElement(key_info, f"{DS}X509Data")
        certificate = _certificate_of(signing_settings).public_bytes(Encoding.DER)
        _add(data, f"{DS}X509Certificate", b64encode(certificate).decode())
        self._serialize_key_value(signing_settings.key, key_info)  # type: ignore[no-untyped-call]

    def _finish(self, signature: etree._Element, **_: Any) -> None:
        """Deja la referencia al comprobante de última y nombra el objeto que lleva las propiedades."""
        signed_info = next(signature.iter(SIGNED_INFO))
        signed_info.append(next(signed_info.iter(REFERENCE)))
        self._set_attributes(next(signature.iter(OBJECT)))

    def _set_attributes(self, part: etree._Element) -> None:
        for name, value in unsigned_attributes(self._number)[str(part.tag)].items():
            part.set(name, value)

    def add_signing_time(
        self,
        signed_signature_properties: etree._Element,
        sig_root: etree._Element,  # noqa: ARG002 - los argumentos son los de signxml
        signing_settings: SigningSettings,  # noqa: ARG002
    ) -> None:
        """La hora del Ecuador, al segundo y hacia atrás, para no quedar en el futuro."""
        _add(signed_signature_properties, f"{XADES}SigningTime", self._at.isoformat(timespec="seconds"))

    def add_signing_certificate(
        self,
        signed_signature_properties: etree._Element,
        sig_root: etree._Element,  # noqa: ARG002
        signing_settings: SigningSettings,
    ) -> None:
        """El certificado, por su resumen y por su emisor y número, en la forma de XAdES 1.3.2."""
        certificate = _certificate_of(signing_settings)
        signing_certificate = etree.SubElement(signed_signature_properties, f"{XADES}SigningCertificate")
        cert = etree.SubElement(signing_certificate, f"{XADES}Cert")
        digest = etree.SubElement(cert, f"{XADES}CertDigest")
        etree.SubElement(digest, f"{DS}DigestMethod", Algorithm=self.digest_alg.value)
        value = self._get_digest(certificate.public_bytes(Encoding.DER), algorithm=self.digest_alg)
        _add(digest, f"{DS}DigestValue", b64encode(value).decode())
        serial = etree.SubElement(cert, f"{XADES}IssuerSerial")
        _add(serial, f"{DS}X509IssuerName", rfc2253(issuer_der(certificate)))
        _add(serial, f"{DS}X509SerialNumber", str(certificate.serial_number))


def _certificate_of(settings: SigningSettings) -> x509.Certificate:
    assert settings.cert_chain
    certificate = settings.cert_chain[0]
    assert isinstance(certificate, x509.Certificate)
    return certificate


def _add(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text
