"""La ruta de la factura en PDF."""

from flask import Blueprint, Response

from common.auth_middleware import require
from common.database import snapshot
from common.lists.files import download_bytes
from common.permissions import Permission
from common.web.contract import sends
from facturacion_service import models, models_payments

bp = Blueprint("pdf", __name__)
PDF = "application/pdf"


@bp.get("/invoices/<int:invoice_id>/pdf")
@require(Permission.INVOICES_READ)
@sends(PDF)
def get_invoice_pdf(invoice_id: int) -> Response:
    """Entrega una factura en PDF, con sus cobros

    Un borrador lleva la marca BORRADOR y una anulada, ANULADA. No es el RIDE del comprobante electrónico.
    """
    # Aquí y no arriba: quien no pide un PDF no carga la biblioteca.
    from facturacion_service.invoice_pdf import render

    with snapshot() as db:
        invoice = models.invoice(db, invoice_id)
        payments = models_payments.payments(db, invoice_id)
    name = f"factura-{invoice['invoice_number'] or f'borrador-{invoice_id}'}.pdf"
    return download_bytes(render(invoice, payments), PDF, name)
