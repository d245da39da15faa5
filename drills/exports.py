"""Lo que se descarga para abrir en una hoja de cálculo: ninguna celda es una fórmula."""

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from itertools import product

from openpyxl import load_workbook

from drills.attacks.headers import is_list
from drills.house import House, expect
from drills.records.published import operations
from drills.records.searches import write

FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    " =1+1",
    "＝1+1",
    '=HYPERLINK("http://evil.test")',
)
STARTS = tuple("=+-@＝＋－＠\t\r")
KINDS = ("csv", "xlsx")


def every_list(house: House) -> str:
    """Filas cuyo nombre es una fórmula; en cada lista que se exporta, ese nombre es texto."""
    for formula in FORMULAS:
        write(house, formula)
    lists = [operation for operation in operations(house) if is_list(operation)]
    cells = guarded = 0
    for operation, kind in product(lists, KINDS):
        reply = house.admin.call(operation.service, "GET", f"{operation.path}?format={kind}")
        expect(reply.status, 200, f"{operation} en {kind}")
        for cell in _csv(reply.content) if kind == "csv" else _xlsx(reply.content):
            expect(
                cell.strip().startswith(STARTS) and not _is_number(cell),
                False,
                f"{operation}, {kind}: {cell!r}",
            )
            cells += 1
            guarded += cell.startswith("'")
    expect(guarded > 0, True, "celdas con un apóstrofo delante")
    return (
        f"{len(lists)} listas × {len(KINDS)} formatos: {cells} celdas, {guarded} con su fórmula desactivada"
    )


def _csv(content: bytes) -> Iterator[str]:
    for row in csv.reader(StringIO(content.decode("utf-8-sig"))):
        yield from row


def _xlsx(content: bytes) -> Iterator[str]:
    """Las celdas de texto; un número o una fecha no es fórmula."""
    for row in load_workbook(BytesIO(content), read_only=True).worksheets[0].iter_rows():
        for cell in row:
            expect(cell.data_type == "f", False, f"{cell.value!r} es una fórmula")
            if isinstance(cell.value, str):
                yield cell.value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
