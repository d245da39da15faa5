"""Las notas de crédito: facturación las escribe, y de su factura lee lo que queda por devolver."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.listing import Listing, Rows, matches_words
from common.rules.money import ZERO
from common.sql.statements import FixedQuery, ValueQuery, columns, one_of_ids
from common.tables.auth import User
from common.tables.credit_notes import CreditNote, CreditNoteItem, CreditNoteTax
from common.tables.facturacion import Invoice, InvoiceItem, InvoiceTax
from common.tables.historia_clinica import Patient
from common.web.schemas import Payload
from facturacion_service.credit_notes.lines import Sold, SoldTax
from facturacion_service.credit_notes.rows import (
    CreditItemRow,
    CreditNoteHead,
    CreditNoteParts,
    CreditNoteRow,
    CreditNoteView,
    OwnedCreditItemRow,
)
from facturacion_service.credit_notes.schemas import CreditNoteQuery
from facturacion_service.ledger import summaries
from facturacion_service.ledger.invoices import grouped
from facturacion_service.ledger.rows import SummaryRow, TaxRow, buyer_of, only
from facturacion_service.sri.documents.queries import _TAXES

__all__ = ["CreditNote", "CreditNoteItem", "CreditNoteTax"]

CREDIT_NOTE = (
    select(
        *columns(
            CreditNoteRow,
            CreditNote,
            invoice_number=Invoice.invoice_number,
            patient_id=Invoice.patient_id,
            patient_name=Patient.full_name,
            buyer_id_type=Invoice.buyer_id_type,
            buyer_id_number=Invoice.buyer_id_number,
            buyer_name=Invoice.buyer_name,
            buyer_email=Invoice.buyer_email,
            buyer_address=Invoice.buyer_address,
            created_by_name=User.full_name,
        )
    )
    .join(Invoice, Invoice.invoice_id == CreditNote.invoice_id)
    .join(User, User.user_id == CreditNote.created_by)
    .outerjoin(Patient, Patient.patient_id == Invoice.patient_id)
)
_IS_IT = CreditNote.credit_note_id == bindparam("credit_note_id")
_OF_INVOICE = CreditNote.invoice_id == bindparam("invoice_id")
_ONE = FixedQuery(CreditNoteRow, CREDIT_NOTE.where(_IS_IT))
_ALL_OF_INVOICE = FixedQuery(
    CreditNoteRow, CREDIT_NOTE.where(_OF_INVOICE).order_by(CreditNote.credit_note_id)
)
_INVOICE = ValueQuery(int, select(CreditNote.invoice_id).where(_IS_IT))
_SEARCHED = func.concat_ws(
    " ", CreditNote.credit_note_number, Invoice.invoice_number, Invoice.buyer_name, Invoice.buyer_id_number
)
_CREDIT_NOTES = Listing(
    CreditNoteRow,
    "credit_notes",
    CREDIT_NOTE.order_by(CreditNote.credit_note_id.desc()),
    status=CreditNote.status == bindparam("status"),
    patient_id=Invoice.patient_id == bindparam("patient_id"),
    date_from=CreditNote.issue_date >= bindparam("date_from"),
    date_to=CreditNote.issue_date <= bindparam("date_to"),
    search=lambda words: matches_words(_SEARCHED, words),
)
_ITEMS = FixedQuery(
    OwnedCreditItemRow,
    select(
        *columns(
            OwnedCreditItemRow,
            CreditNoteItem,
            product_id=InvoiceItem.product_id,
            treatment_id=InvoiceItem.treatment_id,
        )
    )
    .join(InvoiceItem, InvoiceItem.item_id == CreditNoteItem.invoice_item_id)
    .where(one_of_ids(CreditNoteItem.credit_note_id))
    .order_by(CreditNoteItem.credit_note_id, CreditNoteItem.line_number),
)
# Las partes de unas notas, en un solo viaje.
_PARTS = FixedQuery(
    CreditNoteParts, select(), items=_ITEMS, taxes=_TAXES, documents=summaries.OF_CREDIT_NOTES
)
_IS_LIVE = and_(_OF_INVOICE, CreditNote.status == "ISSUED")


def _credited(column: Any) -> Any:
    """Lo que suma una columna en las notas vigentes, que ya vienen filtradas."""
    return func.coalesce(func.sum(column), ZERO)


_LIVE_ITEMS = select(CreditNoteItem).join(CreditNote).where(_IS_LIVE).subquery("live_items")
_SOLD = FixedQuery(
    Sold,
    select(
        *columns(
            Sold,
            InvoiceItem,
            quantity_left=InvoiceItem.quantity - _credited(_LIVE_ITEMS.c.returned_quantity),
            value_left=InvoiceItem.subtotal - _credited(_LIVE_ITEMS.c.subtotal),
        )
    )
    .outerjoin(_LIVE_ITEMS, _LIVE_ITEMS.c.invoice_item_id == InvoiceItem.item_id)
    .where(InvoiceItem.invoice_id == bindparam("invoice_id"))
    .group_by(InvoiceItem.item_id)
    .order_by(InvoiceItem.line_number),
)
_LIVE_TAXES = select(CreditNoteTax).join(CreditNote).where(_IS_LIVE).subquery("live_taxes")
_SOLD_TAXES = FixedQuery(
    SoldTax,
    select(
        *columns(
            SoldTax,
            InvoiceTax,
            credited_base=_credited(_LIVE_TAXES.c.base),
            credited_iva=_credited(_LIVE_TAXES.c.iva),
        )
    )
    .outerjoin(_LIVE_TAXES, _LIVE_TAXES.c.iva_rate == InvoiceTax.iva_rate)
    .where(InvoiceTax.invoice_id == bindparam("invoice_id"))
    .group_by(InvoiceTax.invoice_id, InvoiceTax.iva_rate),
)


def credit_note(db: Database, credit_note_id: int) -> CreditNoteView:
    """Una nota de crédito con sus líneas e impuestos.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE, credit_note_id=credit_note_id)
    if row is None:
        raise NotFound("La nota de crédito no existe.")
    return _complete(db, [row])[0]


def of_invoice(db: Database, invoice_id: int) -> list[CreditNoteView]:
    """Las notas de crédito de una factura, también las anuladas, en el orden en que se emitieron."""
    return _complete(db, fetch_all(db, _ALL_OF_INVOICE, invoice_id=invoice_id))


def credit_notes(query: CreditNoteQuery) -> Rows:
    """Las notas de crédito de un filtro, sin sus líneas, las más nuevas primero."""
    return _CREDIT_NOTES.rows(query)


def credit_notes_page(db: Database, query: CreditNoteQuery) -> Payload:
    """Una página de notas de crédito con sus líneas e impuestos, las más nuevas primero."""
    return _CREDIT_NOTES.page(db, query, complete=lambda rows: _complete(db, rows))


def _complete(db: Database, rows: Sequence[CreditNoteRow]) -> list[CreditNoteView]:
    """Añade a cada nota sus líneas, impuestos y comprobante, y agrupa al comprador."""
    parts = fetch_one(db, _PARTS, ids=[row["credit_note_id"] for row in rows])
    assert parts is not None
    items = grouped(CreditItemRow, parts["items"], "credit_note_id")
    taxes = grouped(TaxRow, parts["taxes"], "credit_note_id")
    documents = {row["owner"]: only(SummaryRow, row) for row in parts["documents"]}
    return [
        {
            **only(CreditNoteHead, row),
            "buyer": buyer_of(row),
            "items": items[row["credit_note_id"]],
            "taxes": taxes[row["credit_note_id"]],
            "sri": documents.get(row["credit_note_id"]),
        }
        for row in rows
    ]


def invoice_of(db: Database, credit_note_id: int) -> int:
    """La factura de una nota de crédito, sin bloquear nada.

    :raises NotFound: si la nota no existe.
    """
    invoice_id = fetch_value(db, _INVOICE, credit_note_id=credit_note_id)
    if invoice_id is None:
        raise NotFound("La nota de crédito no existe.")
    return invoice_id


def sold(db: Database, invoice_id: int) -> list[Sold]:
    """Las líneas de una factura y lo que queda de cada una sin devolver."""
    return fetch_all(db, _SOLD, invoice_id=invoice_id)


def sold_taxes(db: Database, invoice_id: int) -> dict[int, SoldTax]:
    """El IVA de una factura por tarifa y lo que ya se devolvió de él."""
    return {tax.iva_rate: tax for tax in fetch_all(db, _SOLD_TAXES, invoice_id=invoice_id)}
