"""La validación contra los esquemas oficiales del SRI, que el programa no contiene: se dan en una carpeta.

Nada se busca en la red ni se resuelven entidades: el documento puede venir de fuera.
"""

import re
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, cast

from lxml import etree

from common.errors import Unavailable
from facturacion_service.sri.xml import safe_xml
from facturacion_service.sri.xml.shared_xml import VERSION

# Los nombres con que el SRI los publica; ambos importan el de la firma.
SCHEMAS = {"factura": "factura_V1.1.0.xsd", "notaCredito": "NotaCredito_V1.1.0.xsd"}
SIGNATURE_SCHEMA = "xmldsig-core-schema.xsd"

# libxml2 repite con este el fallo que ya dijo del mismo lugar; a solas, es que no es ni un número.
_ECHO = "SCHEMAV_CVC_DATATYPE_VALID_1_2_1"

# lo que libxml2 dice → lo que lee una persona
_WORDS = {
    "SCHEMAV_CVC_MAXLENGTH_VALID": "es demasiado largo",
    "SCHEMAV_CVC_MINLENGTH_VALID": "está vacío o es demasiado corto",
    "SCHEMAV_CVC_PATTERN_VALID": "no tiene la forma que pide el SRI",
    "SCHEMAV_CVC_ENUMERATION_VALID": "no es uno de los valores que admite el SRI",
    "SCHEMAV_CVC_FRACTIONDIGITS_VALID": "tiene demasiados decimales",
    "SCHEMAV_CVC_TOTALDIGITS_VALID": "tiene demasiadas cifras",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": "es menor que el mínimo",
    _ECHO: "no es un valor de su tipo",
    "SCHEMAV_ELEMENT_CONTENT": "falta, sobra o está fuera de su orden",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "le falta un atributo",
}
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*?) \)")


class SchemaError(NamedTuple):
    """Dónde no cumple el documento, como ruta de elementos, y por qué."""

    path: str
    message: str

    def __str__(self) -> str:
        """En una frase."""
        return f"{self.path}: {self.message}" if self.path else self.message


class _Schema(NamedTuple):
    """Un esquema compilado; su lista de errores es suya, así que valida a uno por vez."""

    compiled: etree.XMLSchema
    lock: Lock


def errors(xml: bytes, folder: Path) -> list[SchemaError]:
    """En qué no cumple un documento el esquema oficial de su raíz; vacío si cumple.

    :raises Unavailable: `sin_esquema_sri` si la carpeta no tiene el esquema.
    """
    try:
        root = safe_xml.parse(xml)
    except safe_xml.UnreadableXml as error:
        return [SchemaError("", str(error))]
    tag = str(root.tag)
    if tag not in SCHEMAS:
        return [SchemaError("", f"la raíz es «{tag}»: se esperaba {' o '.join(SCHEMAS)}")]
    return _version(root) + _broken(root, _schema(folder / SCHEMAS[tag]))


def unusable(folder: Path) -> list[str]:
    """Por qué no sirven los esquemas de la carpeta, uno por uno; vacío si todos sirven."""
    found = []
    for name in SCHEMAS.values():
        try:
            _schema(folder / name)
        except Unavailable as error:
            found.append(error.message)
    return found


def _version(root: etree._Element) -> list[SchemaError]:
    """El esquema admite cualquier versión; el SRI, la suya (errores 36 y 48)."""
    if root.get("version") == VERSION:
        return []
    return [SchemaError(f"/{root.tag!s}/@version", f"debe ser {VERSION}")]


def _broken(root: etree._Element, schema: _Schema) -> list[SchemaError]:
    with schema.lock:
        schema.compiled.validate(root)
        log: list[Any] = [*cast(Any, schema.compiled.error_log)]
    said = {entry.path for entry in log if entry.type_name != _ECHO}
    real = [entry for entry in log if entry.type_name != _ECHO or entry.path not in said]
    return list(dict.fromkeys(SchemaError(entry.path or "", _sentence(entry)) for entry in real))


def _sentence(entry: Any) -> str:
    words = _WORDS.get(entry.type_name, f"no cumple el esquema oficial ({entry.type_name})")
    expected = _EXPECTED.search(entry.message)
    return f"{words}; se esperaba {expected[1]}" if expected else words


@cache
def _schema(path: Path) -> _Schema:
    missing = [file.name for file in (path, path.with_name(SIGNATURE_SCHEMA)) if not file.is_file()]
    if missing:
        raise _unavailable(f"no están {' ni '.join(missing)}")
    try:
        return _Schema(etree.XMLSchema(etree.parse(path, etree.XMLParser(no_network=True))), Lock())
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        raise _unavailable(f"{path.name} no es un esquema que se pueda usar") from error


def _unavailable(problem: str) -> Unavailable:
    message = f"En la carpeta de esquemas del SRI (SRI_XSD_DIR) {problem}: así no se emite ninguno."
    return Unavailable(message, code="sin_esquema_sri")
