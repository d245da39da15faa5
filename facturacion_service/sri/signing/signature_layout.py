"""Cómo es la firma XAdES-BES de un comprobante: sus partes en orden y sus identificadores.

«Ficha técnica SRI 2.34», capítulo 6 y el ejemplo del anexo 14. La usan quien firma, para nombrar las partes,
y quien comprueba, para no aceptar nada que la firma no cubra.
"""

from signxml.util import namespaces

DS, XADES = f"{{{namespaces.ds}}}", f"{{{namespaces.xades}}}"
DOCUMENT_ID = "comprobante"

SIGNATURE = f"{DS}Signature"
SIGNED_INFO = f"{DS}SignedInfo"
REFERENCE = f"{DS}Reference"
SIGNATURE_VALUE = f"{DS}SignatureValue"
OBJECT = f"{DS}Object"
QUALIFYING_PROPERTIES = f"{XADES}QualifyingProperties"
SIGNED_PROPERTIES = f"{XADES}SignedProperties"
KEY_INFO = f"{DS}KeyInfo"

_REFERENCE = (REFERENCE, f"{DS}DigestMethod", f"{DS}DigestValue")
_DOCUMENT_REFERENCE = (REFERENCE, f"{DS}Transforms", f"{DS}Transform", *_REFERENCE[1:])
# Todos los elementos de la firma, en el orden del documento.
PARTS = (
    SIGNATURE,
    SIGNED_INFO,
    *(f"{DS}{name}" for name in ("CanonicalizationMethod", "SignatureMethod")),
    *_REFERENCE,
    *_REFERENCE,
    *_DOCUMENT_REFERENCE,
    SIGNATURE_VALUE,
    KEY_INFO,
    *(f"{DS}{name}" for name in ("X509Data", "X509Certificate")),
    *(f"{DS}{name}" for name in ("KeyValue", "RSAKeyValue", "Modulus", "Exponent")),
    OBJECT,
    QUALIFYING_PROPERTIES,
    SIGNED_PROPERTIES,
    *(f"{XADES}{name}" for name in ("SignedSignatureProperties", "SigningTime")),
    *(f"{XADES}{name}" for name in ("SigningCertificate", "Cert", "CertDigest")),
    *(f"{DS}{name}" for name in ("DigestMethod", "DigestValue")),
    f"{XADES}IssuerSerial",
    *(f"{DS}{name}" for name in ("X509IssuerName", "X509SerialNumber")),
    *(f"{XADES}{name}" for name in ("SignedDataObjectProperties", "DataObjectFormat")),
    *(f"{XADES}{name}" for name in ("Description", "MimeType")),
)


def unsigned_attributes(number: str) -> dict[str, dict[str, str]]:
    """Los atributos de las partes que ningún resumen cubre, en una firma con ese número."""
    return {
        SIGNATURE: {"Id": f"Signature{number}"},
        SIGNATURE_VALUE: {"Id": f"SignatureValue{number}"},
        OBJECT: {"Id": f"Signature{number}-Object"},
        QUALIFYING_PROPERTIES: {"Target": f"#Signature{number}"},
    }
