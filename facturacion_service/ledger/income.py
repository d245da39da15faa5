"""El ingreso línea por línea: lo facturado suma y lo que devuelven las notas resta.

Cada cosa el día de su documento: una nota de hoy no cambia el mes en que se emitió su factura.
"""

from typing import Any

from sqlalchemy import Date, Subquery, bindparam, null, select, union_all

from common.tables.credit_notes import CreditNote, CreditNoteItem
from common.tables.facturacion import Invoice, InvoiceItem
from facturacion_service.models import CREDIT, INCOME


def lines() -> Subquery:
    """Las líneas de lo facturado en un período y, en negativo y sin `invoice_id`, las de sus notas.

    De una rebaja de precio no se devuelve ninguna cantidad. Los valores son `date_from` y `date_to`.
    """
    days = bindparam("date_from", type_=Date()), bindparam("date_to", type_=Date())
    sold = (
        select(
            Invoice.issue_date.label("day"),
            Invoice.invoice_id,
            Invoice.appointment_id,
            InvoiceItem.treatment_id,
            InvoiceItem.product_id,
            InvoiceItem.quantity,
            InvoiceItem.subtotal,
        )
        .join(InvoiceItem, InvoiceItem.invoice_id == Invoice.invoice_id)
        .where(Invoice.issue_date.between(*days), INCOME)
    )
    returned = (
        _notes(
            InvoiceItem.treatment_id,
            InvoiceItem.product_id,
            -CreditNoteItem.returned_quantity,
            -CreditNoteItem.subtotal,
        )
        .join(CreditNoteItem, CreditNoteItem.credit_note_id == CreditNote.credit_note_id)
        .join(InvoiceItem, InvoiceItem.item_id == CreditNoteItem.invoice_item_id)
    )
    return union_all(sold, returned.where(CreditNote.issue_date.between(*days), CREDIT)).subquery("lines")


def _notes(*columns: Any) -> Any:
    """Las notas de crédito, de la visita de su factura y sin contar como factura."""
    notes = select(CreditNote.issue_date, null(), Invoice.appointment_id, *columns).select_from(CreditNote)
    return notes.join(Invoice, Invoice.invoice_id == CreditNote.invoice_id)
