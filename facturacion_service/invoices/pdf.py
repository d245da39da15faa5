"""La factura en PDF, para leerla e imprimirla. No es el RIDE del comprobante electrónico.

Quien la necesita importa este módulo en ese momento: reportlab pesa y casi ninguna petición lo usa.
"""

from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from common.utils import clinic_time
from facturacion_service.ledger.rows import InvoiceView, ItemRow, PaymentRow
from facturacion_service.pdf.pages import MARGIN, SOFT, canvas_with
from facturacion_service.pdf.text import BAND, INK, RULE, TEXT, money, paragraph, tight

TITLE = "Factura"
WATERMARKS = {"DRAFT": "BORRADOR", "ANNULLED": "ANULADA"}
STATUSES = {"DRAFT": "Borrador", "ISSUED": "Emitida", "PAID": "Cobrada", "ANNULLED": "Anulada"}
ID_TYPES = {
    "RUC": "RUC",
    "CEDULA": "Cédula",
    "PASAPORTE": "Pasaporte",
    "CONSUMIDOR_FINAL": "Consumidor final",
    "EXTERIOR": "Identificación del exterior",
}
METHODS = {
    "EFECTIVO": "Efectivo",
    "TARJETA_DEBITO": "Tarjeta de débito",
    "TARJETA_CREDITO": "Tarjeta de crédito",
    "TRANSFERENCIA": "Transferencia",
    "OTRO": "Otra",
}

WIDTH = A4[0] - 2 * MARGIN
# Lo que reportlab deja por su cuenta a cada lado del texto, en puntos.
FRAME_PADDING = 6
_NUMBER = ParagraphStyle("número", TEXT, alignment=2)
_BOLD = ParagraphStyle("negrita", TEXT, fontName="Helvetica-Bold")
_BOLD_NUMBER = ParagraphStyle("número en negrita", _BOLD, alignment=2)
_SMALL = ParagraphStyle("etiqueta", TEXT, fontSize=8, leading=11, textColor=SOFT)
_SMALL_NUMBER = ParagraphStyle("etiqueta de número", _SMALL, alignment=2)
_HEADING = ParagraphStyle("título", _BOLD, fontSize=20, leading=24)
_PLAIN: list[Any] = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
_GRID: list[Any] = [
    ("BACKGROUND", (0, 0), (-1, 0), BAND),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]


def render(invoice: InvoiceView, payments: list[PaymentRow]) -> bytes:
    """El PDF de una factura con sus cobros."""
    file = BytesIO()
    number = invoice["invoice_number"] or "sin número"
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN - FRAME_PADDING,
        rightMargin=MARGIN - FRAME_PADDING,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=f"{TITLE} {number}",
        lang="es",
    )
    mark = WATERMARKS.get(invoice["status"])
    document.build(_story(invoice, payments), canvasmaker=canvas_with(mark, f"{TITLE} {number}"))
    return file.getvalue()


def _story(invoice: InvoiceView, payments: list[PaymentRow]) -> list[Flowable]:
    story: list[Flowable] = [_header(invoice), Spacer(0, 6 * mm), _buyer(invoice), Spacer(0, 6 * mm)]
    story += [_items(invoice["items"]), Spacer(0, 4 * mm), KeepTogether(_totals(invoice))]
    if payments:
        story += [Spacer(0, 6 * mm), paragraph("Cobros", _BOLD), Spacer(0, 2 * mm), _payments(payments)]
    return story


def _header(invoice: InvoiceView) -> Table:
    number = invoice["invoice_number"] or "Sin número"
    right = [
        paragraph(f"N.º {number}" if invoice["invoice_number"] else number, _BOLD_NUMBER),
        paragraph(f"Fecha de emisión: {invoice['issue_date']:%d/%m/%Y}", _NUMBER),
        paragraph(STATUSES[invoice["status"]], _SMALL_NUMBER),
    ]
    table = Table([[paragraph(TITLE, _HEADING), right]], colWidths=[WIDTH / 2, WIDTH / 2])
    table.setStyle([*_PLAIN, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, 0), 1, INK)])
    return table


def _buyer(invoice: InvoiceView) -> Table:
    buyer = invoice["buyer"]
    rows = [
        ("Cliente", buyer["name"]),
        (ID_TYPES[buyer["id_type"]], buyer["id_number"]),
        ("Dirección", buyer["address"]),
        ("Correo", buyer["email"]),
        ("Paciente", invoice["patient_name"] if invoice["patient_name"] != buyer["name"] else None),
        ("Forma de pago", METHODS[invoice["payment_method"]]),
        ("Motivo de anulación", invoice["annulled_reason"]),
        ("Anulada", _instant(invoice["annulled_at"])),
    ]
    shown = [[paragraph(label, _SMALL), paragraph(value)] for label, value in rows if value]
    table = Table(shown, colWidths=[38 * mm, WIDTH - 38 * mm])
    table.setStyle([*_PLAIN, *tight(1, 1), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return table


def _instant(value: datetime | None) -> str | None:
    return f"{clinic_time(value):%d/%m/%Y %H:%M}" if value else None


def _items(items: list[ItemRow]) -> Table:
    titles = ("Descripción", "Cantidad", "Precio", "Descuento", "IVA", "Subtotal")
    header = [paragraph(title, _SMALL_NUMBER if number else _SMALL) for number, title in enumerate(titles)]
    widths = [WIDTH - 105 * mm, 20 * mm, 25 * mm, 22 * mm, 13 * mm, 25 * mm]
    table = Table([header, *map(_item, items)], colWidths=widths, repeatRows=1)
    table.setStyle(_GRID)
    return table


def _item(item: ItemRow) -> list[Paragraph]:
    figures = (
        f"{item['quantity'].normalize():f}",
        money(item["unit_price"]),
        money(item["discount"]),
        f"{item['iva_rate']} %",
        money(item["subtotal"]),
    )
    return [paragraph(item["description"]), *(paragraph(figure, _NUMBER) for figure in figures)]


def _totals(invoice: InvoiceView) -> list[Flowable]:
    rows = [[paragraph(label), paragraph(money(amount), _NUMBER)] for label, amount in _sums(invoice)]
    place = len(rows)
    rows += [[paragraph("TOTAL USD", _BOLD), paragraph(money(invoice["total_amount"]), _BOLD_NUMBER)]]
    if invoice["status"] != "DRAFT":
        rows += [[paragraph(label), paragraph(money(amount), _NUMBER)] for label, amount in _left(invoice)]
    table = Table(rows, colWidths=[42 * mm, 32 * mm], hAlign="RIGHT")
    total_row: list[Any] = [
        ("BACKGROUND", (0, place), (-1, place), BAND),
        ("LINEABOVE", (0, place), (-1, place), 0.8, INK),
    ]
    table.setStyle([*tight(2, 3), *total_row])
    return [table]


def _sums(invoice: InvoiceView) -> list[tuple[str, Decimal]]:
    """Lo que suma el total: la base de cada tarifa, el descuento que ya llevan y el IVA."""
    taxes = invoice["taxes"]
    rows = [(f"Base IVA {tax['iva_rate']} %", tax["base"]) for tax in taxes]
    rows += [("Descuento incluido", invoice["discount"])] if invoice["discount"] else []
    return rows + [(f"IVA {tax['iva_rate']} %", tax["iva"]) for tax in taxes if tax["iva_rate"]]


def _left(invoice: InvoiceView) -> list[tuple[str, Decimal]]:
    """Lo cobrado y lo que falta; lo devuelto y lo que se le debe al comprador, solo si lo hay."""
    rows = [("Cobrado", invoice["paid_amount"]), ("Notas de crédito", invoice["credited_amount"])]
    rows += [("Saldo", invoice["balance"]), ("Por devolver", invoice["refund_amount"])]
    return [(label, amount) for label, amount in rows if amount or label in ("Cobrado", "Saldo")]


def _payments(payments: list[PaymentRow]) -> Table:
    header = [paragraph("Fecha", _SMALL), paragraph("Forma de pago", _SMALL), paragraph("Referencia", _SMALL)]
    rows = [
        [
            paragraph(f"{payment['payment_date']:%d/%m/%Y}"),
            paragraph(METHODS[payment["payment_method"]]),
            paragraph(payment["reference"] or ""),
            paragraph(money(payment["amount"]), _NUMBER),
        ]
        for payment in payments
    ]
    widths = [28 * mm, 45 * mm, WIDTH - 105 * mm, 32 * mm]
    table = Table([[*header, paragraph("Monto", _SMALL_NUMBER)], *rows], colWidths=widths, repeatRows=1)
    table.setStyle(_GRID)
    return table
