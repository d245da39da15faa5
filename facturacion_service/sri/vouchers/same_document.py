"""Si lo que devuelve el SRI es el mismo documento que se firmó aquí.

Un documento rechazado se corrige y se reenvía con la misma clave (ficha técnica SRI 2.34, 5.10). Mientras el
SRI no procese el corregido, al preguntar por la clave puede contestar lo que dijo del anterior.
"""

from lxml import etree

from facturacion_service.sri.xml import safe_xml
from facturacion_service.sri.xml.safe_xml import UnreadableXml

SIGNATURE_VALUE = "{http://www.w3.org/2000/09/xmldsig#}SignatureValue"


def is_another_version(returned: str | None, signed: bytes) -> bool:
    """Si las dos firmas se pueden leer y no son la misma; ante la duda, es el mismo."""
    theirs, ours = _signature((returned or "").encode()), _signature(signed)
    return bool(theirs and ours) and theirs != ours


def _signature(document: bytes) -> str:
    """El valor de la firma, sin espacios; vacío si no se puede leer."""
    try:
        root: etree._Element = safe_xml.parse(document)
    except UnreadableXml:
        return ""
    found = next(root.iter(SIGNATURE_VALUE), None)
    return "" if found is None else "".join((found.text or "").split())
