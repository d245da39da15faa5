"""El RIDE: la representación impresa de una factura o nota de crédito electrónica (anexo 2 de la ficha).

Sale solo del XML, así que dice exactamente lo que se firmó. Quien lo necesita importa este módulo en ese
momento: reportlab pesa y casi ninguna petición lo usa.
"""

from collections.abc import Callable
from datetime import datetime, time
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer

from facturacion_service.pdf.pages import canvas_with
from facturacion_service.sri.ride.body import buyer, footer, lines
from facturacion_service.sri.ride.layout import BOTTOM, FRAME_PADDING, GAP, MARGIN, one_line
from facturacion_service.sri.ride.masthead import REJECTED, Authorization, masthead
from facturacion_service.sri.vouchers.reading import read
from facturacion_service.sri.vouchers.vouchers import Voucher
from facturacion_service.sri.xml.codes import DOCUMENT_NAMES, ECUADOR

TEST_MARK = "SIN VALIDEZ – PRUEBAS"
NOTICE = "RIDE. Verifique el comprobante en srienlinea.sri.gob.ec"


def render(
    xml: bytes,
    *,
    authorization: Authorization | None,
    was_rejected: bool = False,
    watermark: str | None = None,
    logo: bytes | None = None,
) -> bytes:
    """El PDF de un comprobante, firmado o no; lo mismo da siempre los mismos bytes.

    :param authorization: número e instante (con zona) que dio el SRI; sin ella dice que está pendiente.
    :param was_rejected: si el SRI no lo autorizó; entonces dice eso, y lo marca.
    :param watermark: una marca de agua, como ANULADA; en pruebas se añade la que lo dice.
    :param logo: la imagen del emisor, de `as_logo`.
    :raises Unreadable: si el XML no es una factura ni una nota de crédito.
    """
    voucher = read(xml)
    file = BytesIO()
    name = f"{_name(voucher)} · RUC {voucher.issuer.ruc}"
    marks = _marks(voucher, watermark or (REJECTED if was_rejected else None))
    canvas = canvas_with(marks, name, notice=NOTICE, margin=MARGIN)
    head = masthead(voucher, authorization, logo, was_rejected=was_rejected)
    story: list[Flowable] = [head, Spacer(0, GAP)]
    story += [buyer(voucher), Spacer(0, GAP), lines(voucher), Spacer(0, GAP), footer(voucher)]
    _document(file, voucher).build(story, onFirstPage=_dated(voucher, authorization), canvasmaker=canvas)
    return file.getvalue()


def _dated(voucher: Voucher, authorization: Authorization | None) -> Callable[[Canvas, Any], None]:
    """Fecha el archivo como el comprobante y no cuando se imprime: imprimirlo otra vez da lo mismo."""
    issued = datetime.combine(voucher.issue_date, time.min, ECUADOR)
    moment = authorization[1].astimezone(ECUADOR) if authorization else issued
    written = f"D:{moment:%Y%m%d%H%M%S}-05'00'"
    return lambda canvas, _: canvas.setDateFormatter(lambda *_: written)


def _document(file: BytesIO, voucher: Voucher) -> SimpleDocTemplate:
    return SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN - FRAME_PADDING,
        rightMargin=MARGIN - FRAME_PADDING,
        topMargin=MARGIN - FRAME_PADDING,
        bottomMargin=BOTTOM - FRAME_PADDING,
        title=_name(voucher),
        author=one_line(voucher.issuer.legal_name),
        subject=f"RIDE del comprobante electrónico {voucher.access_key}",
        creator="RIDE",
        lang="es-EC",
        invariant=1,
    )


def _name(voucher: Voucher) -> str:
    return f"{DOCUMENT_NAMES.get(voucher.code, 'COMPROBANTE').capitalize()} {voucher.number}"


def _marks(voucher: Voucher, watermark: str | None) -> str | None:
    marks = [watermark, TEST_MARK if voucher.environment == "PRUEBAS" else None]
    return "\n".join(mark for mark in marks if mark) or None
