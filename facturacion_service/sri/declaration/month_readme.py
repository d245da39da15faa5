"""El LEEME.txt del paquete del mes: qué hay dentro, qué no, y cómo se cuenta."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from facturacion_service.sri.rows import SettingsRow

MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905
)

# Carpeta → qué tiene, si tiene uno y si tiene varios.
_FOLDERS = {
    "facturas": ("factura autorizada", "facturas autorizadas"),
    "notas-de-credito": ("nota de crédito autorizada", "notas de crédito autorizadas"),
    "anuladas/facturas": ("factura autorizada y después anulada", "facturas autorizadas y después anuladas"),
    "anuladas/notas-de-credito": (
        "nota de crédito autorizada y después anulada",
        "notas de crédito autorizadas y después anuladas",
    ),
    "pruebas/facturas": ("factura de pruebas, sin validez", "facturas de pruebas, sin validez"),
    "pruebas/notas-de-credito": (
        "nota de crédito de pruebas, sin validez",
        "notas de crédito de pruebas, sin validez",
    ),
    "pruebas/anuladas/facturas": ("factura de pruebas anulada", "facturas de pruebas anuladas"),
    "pruebas/anuladas/notas-de-credito": (
        "nota de crédito de pruebas anulada",
        "notas de crédito de pruebas anuladas",
    ),
}
_ALWAYS = ("facturas", "notas-de-credito")
_PENDING = (
    "comprobante sin autorizar: está en Pendientes",
    "comprobantes sin autorizar: están en Pendientes",
)
_WITHOUT_DOCUMENT = (
    "documento sin comprobante electrónico: está en ventas.xlsx, sin clave de acceso",
    "documentos sin comprobante electrónico: están en ventas.xlsx, sin clave de acceso",
)

_SHEETS = """ventas.xlsx tiene cinco hojas:
  Ventas            las facturas del mes, una por fila; las anuladas, con sus montos en cero
  Notas de crédito  las del mes, con la factura que modifican; las anuladas, en cero
  Resumen           lo vendido y acreditado por tarifa, el formulario 104 y los números de cada serie
  Números           los saltos de numeración y los números no utilizados o anulados
  Pendientes        los comprobantes del mes que el SRI todavía no autoriza, y qué hacer con cada uno"""

_RULES = """CÓMO SE CUENTA

- Las ventas son las facturas emitidas y cobradas, sin IVA y por fecha de emisión. Cada nota de crédito resta
  el día en que se emitió, aunque su factura sea de otro mes. Lo anulado no cuenta.
- Lo emitido en pruebas solo aparece en las hojas mientras la clínica no factura en PRODUCCION; no se declara.
- Los totales de Resumen son los mismos del tablero del mes.
- El IVA es el que dice cada documento; por los centavos de cada uno puede no ser 15 % exacto de la suma.
- El valor neto de una casilla sale con su signo: si es negativo, el exceso de notas de crédito se lleva al
  mes siguiente.
- Una factura sin autorizar cuenta como venta; revise Pendientes antes de declarar."""


@dataclass(frozen=True)
class Contents:
    """Lo que quedó en el paquete.

    :param month: su primer día.
    :param written_at: cuándo se hizo, en la hora de la clínica.
    :param issuer: los datos del emisor, si los hay.
    :param placed: cuántos comprobantes hay en cada carpeta.
    :param pending: cuántos no están porque el SRI no los ha autorizado.
    :param without_document: cuántas facturas y notas no tienen comprobante electrónico.
    :param unprinted: las claves de los que van sin su PDF.
    """

    month: date
    written_at: datetime
    issuer: SettingsRow | None
    placed: Mapping[str, int]
    pending: int
    without_document: int
    unprinted: tuple[str, ...]


def readme(contents: Contents) -> bytes:
    """El texto, en UTF-8 con BOM y fin de línea de Windows: así lo abre bien cualquier Bloc de notas."""
    parts = (_heading(contents), _inside(contents), _SHEETS, _outside(contents), _RULES)
    return ("\n\n".join(parts) + "\n").replace("\n", "\r\n").encode("utf-8-sig")


def _heading(contents: Contents) -> str:
    issuer = contents.issuer
    who = f"{issuer['legal_name']}, RUC {issuer['ruc']}" if issuer else "Sin datos del emisor registrados"
    month = f"{MONTHS[contents.month.month - 1]} de {contents.month.year}"
    written = f"Hecho el {contents.written_at:%d/%m/%Y a las %H:%M}"
    return "\n".join([f"VENTAS Y COMPROBANTES DE {month.upper()}", who, written])


def _inside(contents: Contents) -> str:
    lines = [
        f"- {folder}: {_counted(contents.placed.get(folder, 0), *names)}"
        for folder, names in _FOLDERS.items()
        if folder in _ALWAYS or contents.placed.get(folder)
    ]
    what = "De cada uno van el XML de su autorización y su RIDE (PDF), con la clave de acceso por nombre."
    return "\n".join(["QUÉ HAY", "", *lines, what])


def _outside(contents: Contents) -> str:
    absent = ((contents.pending, _PENDING), (contents.without_document, _WITHOUT_DOCUMENT))
    lines = [f"- {_counted(count, *names)}" for count, names in absent if count]
    lines += [f"- El PDF de {key}, que no se dejó leer; su XML sí está" for key in contents.unprinted]
    return "\n".join(["QUÉ NO HAY", "", *(lines or ["- No falta nada."])])


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
