"""Lo que el SRI simulado lee de un comprobante, y su forma: tamaño, esquema y clave de acceso (fase 1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from lxml import etree

from facturacion_service.sri.xml import safe_xml
from facturacion_service.sri.xml.safe_xml import UnreadableXml
from scripts.fake_sri.messages import Refused

BIGGEST = 320 * 1024  # bytes (ficha técnica SRI 2.34, 3)

# raíz → (código del documento, versiones que existen, cómo se llama su esquema, dónde está su fecha)
KINDS = {
    "factura": ("01", ("1.0.0", "1.1.0", "2.0.0", "2.1.0"), "factura_V{}.xsd", "infoFactura"),
    "notaCredito": ("04", ("1.0.0", "1.1.0"), "NotaCredito_V{}.xsd", "infoNotaCredito"),
}
TAX_FIELDS = (
    "ambiente",
    "tipoEmision",
    "razonSocial",
    "ruc",
    "claveAcceso",
    "codDoc",
    "estab",
    "ptoEmi",
    "secuencial",
    "dirMatriz",
)
KEY_LENGTH = 49


@dataclass(frozen=True)
class Paper:
    """Un comprobante bien formado."""

    root: etree._Element
    xml: bytes
    access_key: str
    environment: str
    issue_date: date

    @property
    def number(self) -> str:
        """Lo que no se puede repetir: documento, RUC, ambiente, serie y secuencial."""
        return self.access_key[8:39]

    def text(self, path: str) -> str:
        """El texto de un elemento; vacío si no está."""
        return (self.root.findtext(path) or "").strip()


def read(xml: bytes, schemas: Path | None) -> Paper:
    """Comprueba tamaño, esquema y clave, en ese orden.

    :param schemas: la carpeta de los XSD oficiales; sin ella, solo lo mínimo de la estructura.
    :raises Refused: en la primera que no pasa.
    """
    if len(xml) > BIGGEST:
        raise Refused("26", f"{len(xml)} bytes; el máximo es {BIGGEST}")
    try:
        root = safe_xml.parse(xml)
    except UnreadableXml as error:
        raise Refused("35", str(error)) from error
    _check_shape(root, schemas)
    key = root.findtext("infoTributaria/claveAcceso") or ""
    issued = _issue_date(root)
    _check_key(root, key, issued)
    return Paper(root, xml, key, "PRUEBAS" if key[23] == "1" else "PRODUCCION", issued)


def claimed_key(xml: bytes) -> str:
    """La clave que dice llevar un documento, aunque esté mal; vacía si no se lee."""
    try:
        return (safe_xml.parse(xml).findtext("infoTributaria/claveAcceso") or "").strip()
    except UnreadableXml:
        return ""


def _check_shape(root: etree._Element, schemas: Path | None) -> None:
    name = safe_xml.local_name(root)
    if name not in KINDS:
        raise Refused("47", f"el documento es «{name}»")
    _, versions, schema, _ = KINDS[name]
    version = root.get("version") or ""
    if version not in versions:
        raise Refused("36", f"versión «{version}»")
    if root.get("id") != "comprobante":
        raise Refused("35", 'la raíz no tiene id="comprobante"')
    file = schemas / schema.format(version) if schemas else None
    problems = list(_schema_errors(root, file) if file and file.exists() else _missing(root))
    if problems:
        raise Refused("35", problems[0])


def _schema_errors(root: etree._Element, file: Path) -> Iterator[str]:
    schema = _schema(file)
    if not schema.validate(root):
        yield from str(schema.error_log).splitlines()[:1]


@cache
def _schema(file: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.XMLSchema(etree.parse(str(file), parser))


def _missing(root: etree._Element) -> Iterator[str]:
    """Lo mínimo cuando no están los esquemas oficiales."""
    info = KINDS[safe_xml.local_name(root)][3]
    wanted = [f"infoTributaria/{field}" for field in TAX_FIELDS]
    wanted += [f"{info}/fechaEmision", f"{info}/totalSinImpuestos", "detalles/detalle"]
    for path in wanted:
        found = root.find(path)
        if found is None or not (len(found) or (found.text or "").strip()):
            yield f"falta {path}"


def _issue_date(root: etree._Element) -> date:
    info = KINDS[safe_xml.local_name(root)][3]
    words = root.findtext(f"{info}/fechaEmision") or ""
    try:
        return datetime.strptime(words, "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError as error:
        raise Refused("67", f"fecha de emisión «{words}»") from error


def _check_key(root: etree._Element, key: str, issued: date) -> None:
    """Que la clave esté bien formada y diga lo mismo que el documento (ficha, tabla 1)."""
    if len(key) != KEY_LENGTH or not key.isascii() or not key.isdigit():
        raise Refused("58", f"no tiene {KEY_LENGTH} dígitos")
    if key[-1] != check_digit(key[:-1]):
        raise Refused("58", "el dígito verificador no corresponde")
    tax = "infoTributaria/{}".format
    names = ("codDoc", "ruc", "ambiente", "estab", "ptoEmi", "secuencial")
    said = [issued.strftime("%d%m%Y"), *(root.findtext(tax(name)) or "" for name in names)]
    if key[:39] != "".join(said) or key[47] != root.findtext(tax("tipoEmision")):
        raise Refused("58", "la clave no dice lo mismo que el documento")
    if KINDS[safe_xml.local_name(root)][0] != root.findtext(tax("codDoc")):
        raise Refused("58", "el código de documento no es el de su raíz")


def check_digit(digits: str) -> str:
    """Módulo 11: el peso del último es 2 y crece hasta 7; 11 se escribe 0 y 10 se escribe 1 (ficha, 5.2)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += int(digit) * (2 + place % 6)
    return {0: "0", 1: "1"}.get(total % 11, str(11 - total % 11))


def check_date(paper: Paper, today: date, days_late: int) -> None:
    """Que sea de hoy, o de los días que se toleran.

    :raises Refused: 65.
    """
    if not today - timedelta(days=days_late) <= paper.issue_date <= today:
        raise Refused("65", f"emitido el {paper.issue_date:%d/%m/%Y}; hoy es {today:%d/%m/%Y}")
