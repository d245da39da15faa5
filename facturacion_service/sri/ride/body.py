"""El cuerpo del RIDE: el comprador, las líneas, lo adicional, las formas de pago y los totales."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer

from facturacion_service.pdf.text import BAND, RULE, money, tight
from facturacion_service.sri.ride.layout import (
    BOLD,
    BOLD_NUMBER,
    FRAME,
    GAP,
    GRID,
    HEADING,
    NORMAL,
    NUMBER,
    SMALL,
    SMALL_NUMBER,
    WIDTH,
    Columns,
    Grid,
    figure,
    labelled,
    text,
)
from facturacion_service.sri.ride.totals import total_rows
from facturacion_service.sri.vouchers.vouchers import ModifiedDocument, ReadLine, ReadPayment, Voucher
from facturacion_service.sri.xml.codes import DOCUMENT_NAMES, PAYMENT_NAMES

Row = list[Paragraph | str]

_TOTALS = (46 * mm, 30 * mm)
_SIDE = WIDTH - GAP - sum(_TOTALS)
_BUYER = (WIDTH - 66 * mm, 66 * mm)
_COLUMNS = (
    "Cód. principal",
    "Cód. auxiliar",
    "Cantidad",
    "Descripción",
    "Detalle adicional",
    "Precio unitario",
    "Descuento",
    "Precio total",
)
_CODE, _QUANTITY, _FIGURE, _DETAIL = 21 * mm, 15 * mm, 18.5 * mm, 36 * mm
# La columna que nadie usa: lo justo para su título.
_EMPTY = 15 * mm
_DESCRIPTION = 3
# La letra, para que una celda vacía no sea más alta que las escritas.
_PLAIN: list[Any] = [
    ("FONTSIZE", (0, 0), (-1, -1), SMALL.fontSize),
    ("LEADING", (0, 0), (-1, -1), SMALL.leading),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def buyer(voucher: Voucher) -> Grid:
    """El recuadro del comprador; en una nota de crédito, también lo que modifica."""
    person = voucher.buyer
    rows: list[Row] = [
        [
            labelled("Razón social / Nombres y apellidos", person.name),
            labelled("Identificación", person.id_number),
        ],
        [
            labelled("Fecha de emisión", f"{voucher.issue_date:%d/%m/%Y}"),
            labelled("Guía de remisión", voucher.delivery_note) if voucher.delivery_note else "",
        ],
    ]
    rows += [[labelled("Dirección", person.address), ""]] if person.address else []
    style = [*_PLAIN, *tight(2, 2), *FRAME, ("TOPPADDING", (0, 0), (-1, 0), 5)]
    if voucher.modified:
        style += [("LINEABOVE", (0, len(rows)), (-1, len(rows)), 0.5, RULE)]
        rows += _modified(voucher.modified)
    style += [("SPAN", (0, place), (-1, place)) for place, row in enumerate(rows) if not row[1]]
    style += [("BOTTOMPADDING", (0, -1), (-1, -1), 6)]
    return _table(rows, _BUYER, style)


def _modified(modified: ModifiedDocument) -> list[Row]:
    name = DOCUMENT_NAMES.get(modified.code, modified.code)
    date = f"{modified.issue_date:%d/%m/%Y}"
    return [
        [labelled("Comprobante que se modifica", f"{name} {modified.number}"), ""],
        [labelled("Fecha de emisión (comprobante a modificar)", date), ""],
        [labelled("Razón de modificación", modified.reason), ""],
    ]


def lines(voucher: Voucher) -> Grid:
    """Las líneas; sus títulos se repiten en cada página."""
    titles: Row = [text(title, HEADING) for title in _COLUMNS]
    return _table([titles, *map(_line, voucher.lines)], _widths(voucher.lines), GRID)


def _widths(read: Sequence[ReadLine]) -> list[float]:
    """El ancho de cada columna: las que nadie usa ceden su sitio a la descripción."""
    auxiliary = _CODE if any(line.auxiliary_code for line in read) else _EMPTY
    detail = _DETAIL if any(line.details for line in read) else _EMPTY
    fixed = [_CODE, auxiliary, _QUANTITY, detail, _FIGURE, _FIGURE, _FIGURE]
    return [*fixed[:_DESCRIPTION], WIDTH - sum(fixed), *fixed[_DESCRIPTION:]]


def _line(line: ReadLine) -> list[Any]:
    return [
        text(line.main_code or "", SMALL),
        text(line.auxiliary_code or "", SMALL),
        text(figure(line.quantity), SMALL_NUMBER),
        text(line.description, SMALL),
        [text(f"{name}: {value}", SMALL) for name, value in line.details],
        text(figure(line.unit_price), SMALL_NUMBER),
        text(money(line.discount), SMALL_NUMBER),
        text(money(line.total), SMALL_NUMBER),
    ]


def footer(voucher: Voucher) -> Columns:
    """A la izquierda lo adicional y las formas de pago; a la derecha, los totales."""
    left: list[Flowable] = []
    if voucher.additional_info:
        left += [_additional_info(voucher.additional_info), Spacer(0, GAP)]
    if voucher.payments:
        left += [_payments(voucher.payments)]
    return Columns(left, [_totals(voucher)], sum(_TOTALS))


def _additional_info(pairs: tuple[tuple[str, str], ...]) -> Grid:
    rows: list[Row] = [[text("Información adicional", HEADING), ""]]
    rows += [[text(name, SMALL), text(value, SMALL)] for name, value in pairs]
    style = [*_PLAIN, *tight(1, 2), ("BOX", (0, 0), (-1, -1), 0.5, RULE), ("SPAN", (0, 0), (-1, 0))]
    return _table(rows, (32 * mm, _SIDE - 32 * mm), [*style, ("BACKGROUND", (0, 0), (-1, 0), BAND)])


def _payments(payments: tuple[ReadPayment, ...]) -> Grid:
    titles: Row = [text(title, HEADING) for title in ("Forma de pago", "Valor", "Plazo", "Tiempo")]
    widths = (_SIDE - 52 * mm, 22 * mm, 14 * mm, 16 * mm)
    return _table([titles, *map(_payment, payments)], widths, GRID)


def _payment(payment: ReadPayment) -> Row:
    name = PAYMENT_NAMES.get(payment.method)
    term = "" if payment.term is None else f"{payment.term.normalize():f}"
    return [
        text(f"{payment.method} - {name}" if name else payment.method, SMALL),
        text(money(payment.total), SMALL_NUMBER),
        text(term, SMALL_NUMBER),
        text(payment.time_unit or "", SMALL),
    ]


def _totals(voucher: Voucher) -> Grid:
    *rows, (label, total) = total_rows(voucher)
    cells: list[Row] = [[text(name, NORMAL), text(money(amount), NUMBER)] for name, amount in rows]
    cells += [[text(label, BOLD), text(money(total), BOLD_NUMBER)]]
    style = [("GRID", (0, 0), (-1, -1), 0.5, RULE), *tight(2, 2), ("BACKGROUND", (0, -1), (-1, -1), BAND)]
    return _table(cells, _TOTALS, [*style, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])


def _table(rows: Sequence[Any], widths: Sequence[float], style: list[Any]) -> Grid:
    table = Grid(rows, colWidths=list(widths), repeatRows=1 if style is GRID else 0)
    table.setStyle(style)
    return table
