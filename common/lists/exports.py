"""Las listas como archivo, CSV o Excel: todas las filas del filtro, y no una página.

Las filas se leen de la base por tandas y se escriben en un archivo temporal, así que la memoria no crece con
ellas; solo cuando está completo se empieza a enviar. Si algo falla a medias el cliente recibe su error y
nunca un archivo cortado que parezca entero, y la conexión no espera a quien descarga despacio.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from io import TextIOWrapper
from typing import IO, Annotated, Any, Literal, NamedTuple

from flask import Response
from pydantic import Field
from sqlalchemy import Select

from common.database import Database
from common.errors import invalid
from common.lists.files import written
from common.utils import clinic_time, clinic_today
from common.web.schemas import Query

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Los tipos tal como los publica una ruta que se puede exportar.
FILES = ("text/csv", XLSX)
ROWS_AT_ONCE = 500
# Lo que cabe en una hoja, sin la fila de títulos.
MAX_SHEET_ROWS = 1_048_575
# Lo que cabe en una celda; lo que pase de ahí se corta.
MAX_CELL_TEXT = 32_767

# Cada fila va al disco en cuanto se escribe la siguiente, y un texto es siempre un texto.
BOOK = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
STYLES = {
    "title": {"bold": True},
    "instant": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "date": {"num_format": "yyyy-mm-dd"},
    "money": {"num_format": "0.00"},
}
# Lo que XlsxWriter suma a un ancho por los márgenes de la celda: cinco de los siete puntos de una letra.
CELL_PADDING = 5 / 7

# Con lo que una hoja de cálculo tomaría el texto por una fórmula, también tras unos espacios.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
# Lo que no puede ir en un documento XML.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Row = Mapping[str, object]
Titles = Mapping[str, str]
Tables = tuple[tuple[Titles, Iterable[Row]], ...]
# Lo que va en una celda y el nombre de su estilo, o ninguno.
Cell = tuple[Any, str]


class Sheet(NamedTuple):
    """Una hoja de un libro, con una tabla o varias, una bajo otra: sus títulos y sus filas."""

    name: str
    tables: Tables


class Exportable(Query):
    """Una lista que también se puede pedir como archivo."""

    format: Annotated[
        Literal["json", "csv", "xlsx"],
        Field(
            description="csv (UTF-8 con BOM, separado por comas, decimales con punto) o xlsx: un archivo con"
            " todas las filas del filtro, sin páginas."
        ),
    ] = "json"


def streamed(
    db: Database, statement: Select[*tuple[Any, ...]], *, at_once: int = ROWS_AT_ONCE
) -> Iterable[Any]:
    """Las filas de una consulta, leídas por tandas con un cursor del servidor.

    :param db: dentro de una transacción; los cursores no viven fuera de ella.
    :param at_once: cuántas trae cada tanda.
    """
    options = {"stream_results": True, "yield_per": at_once}
    return db.execute(statement.execution_options(**options)).mappings()


def export(kind: str, name: str, titles: Titles, rows: Iterable[Row]) -> Response:
    """El archivo con todas las filas, una columna por título y en su orden.

    :param kind: `csv` o `xlsx`.
    :raises Invalid: si no caben en una hoja de Excel.
    """
    media_type, write = _WRITERS[kind]
    return written(lambda file: write(file, titles, rows), media_type, f"{name}-{clinic_today()}.{kind}")


def export_book(name: str, sheets: Iterable[Sheet]) -> Response:
    """El libro de Excel con esas hojas.

    :raises Invalid: si algo no cabe en una hoja.
    """
    return written(lambda file: write_book(file, sheets), XLSX, f"{name}-{clinic_today()}.xlsx")


def safe_text(text: str) -> str:
    """El texto, tras un apóstrofo si una hoja de cálculo lo ejecutaría como fórmula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _write_csv(file: IO[bytes], titles: Titles, rows: Iterable[Row]) -> None:
    # Con BOM, Excel reconoce las tildes.
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(titles.values())
    writer.writerows([_csv_value(row[key]) for key in titles] for row in rows)
    text.detach()


def _csv_value(value: Any) -> str:
    if isinstance(value, datetime):
        return clinic_time(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{_tidy(value):f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return safe_text(_plain(value))


def _tidy(number: Decimal) -> Decimal:
    """El dinero con sus dos decimales; una cantidad, sin ceros que sobren."""
    exponent = number.as_tuple().exponent
    return number if exponent == -2 else number.normalize()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "sí" if value else "no"
    return "" if value is None else str(value)


def _write_xlsx(file: IO[bytes], titles: Titles, rows: Iterable[Row]) -> None:
    write_book(file, (Sheet("Datos", ((titles, rows),)),))


def write_book(file: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Un libro de Excel; las filas se escriben según se leen, así que pueden ser muchas.

    :raises Invalid: si no caben en una hoja.
    """
    # Aquí y no arriba: quien no exporta no carga la biblioteca.
    from xlsxwriter import Workbook

    # También si algo falla: cerrar el libro es lo que borra los temporales de la biblioteca.
    with Workbook(file, BOOK) as book:
        styles = {name: book.add_format(properties) for name, properties in STYLES.items()}
        for sheet in sheets:
            _fill_sheet(book.add_worksheet(sheet.name), sheet.tables, styles)


def _fill_sheet(page: Any, tables: Tables, styles: Mapping[str, Any]) -> None:
    """Las tablas de una hoja, una bajo otra; los títulos de la primera, siempre a la vista y con su ancho."""
    for column, title in enumerate(tables[0][0].values()):
        page.set_column(column, column, max(12, len(title) + 2) - CELL_PADDING)
    page.freeze_panes(1, 0)
    for at, cells in enumerate(_lines(tables)):
        if at > MAX_SHEET_ROWS:
            raise invalid("format", "son más filas de las que caben en una hoja de Excel; pida csv")
        for column, (value, style) in enumerate(cells):
            _write_cell(page, at, column, value, styles.get(style))


def _lines(tables: Tables) -> Iterator[list[Cell]]:
    """Las líneas de una hoja: los títulos de cada tabla en negrita y sus filas; entre tablas, una vacía."""
    for number, (titles, rows) in enumerate(tables):
        if number:
            yield []
        yield [(title, "title") for title in titles.values()]
        for row in rows:
            yield [_xlsx_cell(row[key]) for key in titles]


def _xlsx_cell(value: Any) -> Cell:
    """Números y fechas de verdad, cada uno con su formato; lo demás, texto."""
    if isinstance(value, datetime):
        # Excel no conoce zonas: la hora es la de la clínica.
        return clinic_time(value).replace(tzinfo=None), "instant"
    if isinstance(value, date):
        return value, "date"
    if isinstance(value, Decimal):
        return _tidy(value), "money" if value.as_tuple().exponent == -2 else ""
    if isinstance(value, int) and not isinstance(value, bool):
        return value, ""
    # En una celda las líneas se separan así; un retorno de carro lo leería cada programa a su manera.
    text = safe_text(_plain(value)).replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_XML.sub("", text)[:MAX_CELL_TEXT], ""


def _write_cell(page: Any, at: int, column: int, value: Any, style: Any) -> None:
    # A un texto así la biblioteca lo tomaría por XML suyo y lo pondría en la hoja tal cual; por partes, no.
    if isinstance(value, str) and value.startswith("<r>") and value.endswith("</r>"):
        page.write_rich_string(at, column, value[:1], value[1:2], value[2:])
    else:
        page.write(at, column, value, style)


_WRITERS: dict[str, tuple[str, Callable[[IO[bytes], Titles, Iterable[Row]], None]]] = {
    "csv": (CSV, _write_csv),
    "xlsx": (XLSX, _write_xlsx),
}
