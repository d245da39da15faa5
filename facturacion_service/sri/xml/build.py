"""De un comprobante a los bytes que se firman, o a todo lo que hay que corregir."""

from pathlib import Path

from common.errors import Problems
from facturacion_service.sri.xml import schema
from facturacion_service.sri.xml.checks import check
from facturacion_service.sri.xml.credit_note_xml import credit_note_root
from facturacion_service.sri.xml.documents import Document, InvoiceDocument
from facturacion_service.sri.xml.invoice_xml import invoice_root
from facturacion_service.sri.xml.nodes import render

# El SRI admite 320 KB por comprobante (ficha técnica, error 26); el resto es para la firma.
MAX_BYTES = 300 * 1024

# Lo único que las comprobaciones admiten y el esquema de 2022 no: la leyenda de negocio popular.
_FIELDS = {"contribuyenteRimpe": "settings.rimpe"}


def build(document: Document, xsd_dir: str) -> bytes:
    """El XML sin firmar de un comprobante, comprobado.

    :param xsd_dir: carpeta con los esquemas oficiales; vacía, no se valida contra ellos.
    :raises Invalid: con cada campo que no sirve.
    :raises Unavailable: `sin_esquema_sri` si la carpeta no tiene los esquemas.
    """
    problems = Problems()
    for finding in check(document):
        problems.add(finding.field, finding.message)
    problems.refuse()
    xml = to_xml(document)
    if len(xml) > MAX_BYTES:
        problems.add("items", f"el documento ocupa {len(xml) // 1024} KB; el máximo es {MAX_BYTES // 1024}")
    for error in schema.errors(xml, Path(xsd_dir)) if xsd_dir else ():
        problems.add(_field(error.path), f"el esquema del SRI no lo admite: {error}")
    problems.refuse()
    return xml


def _field(path: str) -> str:
    """El campo de la API de un elemento; si no se sabe, el elemento mismo."""
    return _FIELDS.get(path.rpartition("/")[2], f"xml{path}")


def to_xml(document: Document) -> bytes:
    """El XML 1.1.0 de un comprobante, en UTF-8 y sin firmar.

    Supone que `checks.check` no encontró nada: aquí no se comprueba. Para ambas cosas, `build.build`.
    """
    root = invoice_root(document) if isinstance(document, InvoiceDocument) else credit_note_root(document)
    return render(root)
