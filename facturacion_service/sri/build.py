"""De un comprobante a los bytes que se firman, o a todo lo que hay que corregir."""

from pathlib import Path

from common.errors import Problems
from facturacion_service.sri import schema
from facturacion_service.sri.checks import check
from facturacion_service.sri.documents import Document
from facturacion_service.sri.documents_xml import to_xml

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
