"""Las notas de crédito: facturación las escribe, y de su factura lee lo que queda por devolver."""

from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select, true

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.listing import fetch_page, matches_words, within
from common.rules.money import ZERO
from common.sql.statements import FixedQuery, one_of_ids
from common.tables.auth import User
from common.tables.credit_notes import CreditNote, CreditNoteItem, CreditNoteTax
from common.tables.facturacion import Invoice, InvoiceItem, InvoiceTax
from common.tables.historia_clinica import Patient
from facturacion_service.credit_notes.lines import Sold, SoldTax
from facturacion_service.credit_notes.schemas import CreditNoteQuery
from facturacion_service.ledger import summaries
from facturacion_service.ledger.invoices import grouped, with_buyer
from facturacion_service.sri.documents.queries import _TAXES

__all__ = ["CreditNote", "CreditNoteItem", "CreditNoteTax"]

CREDIT_NOTE = (
    select(
        CreditNote.credit_note_id,
        CreditNote.credit_note_number,
        CreditNote.invoice_id,
        Invoice.invoice_number,
        Invoice.patient_id,
        Patient.full_name.label("patient_name"),
        Invoice.buyer_id_type,
        Invoice.buyer_id_number,
        Invoice.buyer_name,
        Invoice.buyer_email,
        Invoice.buyer_address,
        CreditNote.issue_date,
        CreditNote.reason,
        CreditNote.restocked,
        CreditNote.subtotal,
        CreditNote.iva_amount,
        CreditNote.total_amount,
        CreditNote.status,
        CreditNote.annulled_reason,
        CreditNote.annulled_at,
        CreditNote.created_at,
        CreditNote.created_by,
        User.full_name.label("created_by_name"),
    )
    .join(Invoice, Invoice.invoice_id == CreditNote.invoice_id)
    .join(User, User.user_id == CreditNote.created_by)
    .outerjoin(Patient, Patient.patient_id == Invoice.patient_id)
)
_SEARCHED = func.concat_ws(
    " ", CreditNote.credit_note_number, Invoice.invoice_number, Invoice.buyer_name, Invoice.buyer_id_number
)
_ITEMS = FixedQuery(
    select(
        CreditNoteItem.credit_note_id,
        CreditNoteItem.item_id,
        CreditNoteItem.invoice_item_id,
        CreditNoteItem.description,
        CreditNoteItem.quantity,
        CreditNoteItem.returned_quantity,
        CreditNoteItem.unit_price,
        CreditNoteItem.discount,
        CreditNoteItem.iva_rate,
        CreditNoteItem.subtotal,
        InvoiceItem.product_id,
        InvoiceItem.treatment_id,
    )
    .join(InvoiceItem, InvoiceItem.item_id == CreditNoteItem.invoice_item_id)
    .where(one_of_ids(CreditNoteItem.credit_note_id))
    .order_by(CreditNoteItem.credit_note_id, CreditNoteItem.line_number)
)
# Las partes de unas notas, en un solo viaje.
_PARTS = FixedQuery(select(true()), items=_ITEMS, taxes=_TAXES, documents=summaries.OF_CREDIT_NOTES)
_IS_LIVE = and_(CreditNote.invoice_id == bindparam("invoice_id"), CreditNote.status == "ISSUED")


def _credited(column: Any) -> Any:
    """Lo que suma una columna en las notas vigentes, que ya vienen filtradas."""
    return func.coalesce(func.sum(column), ZERO)


_LIVE_ITEMS = select(CreditNoteItem).join(CreditNote).where(_IS_LIVE).subquery("live_items")
_SOLD = (
    select(
        InvoiceItem.item_id,
        InvoiceItem.description,
        InvoiceItem.unit_price,
        InvoiceItem.iva_rate,
        InvoiceItem.subtotal,
        InvoiceItem.product_id,
        (InvoiceItem.quantity - _credited(_LIVE_ITEMS.c.returned_quantity)).label("quantity_left"),
        (InvoiceItem.subtotal - _credited(_LIVE_ITEMS.c.subtotal)).label("value_left"),
    )
    .outerjoin(_LIVE_ITEMS, _LIVE_ITEMS.c.invoice_item_id == InvoiceItem.item_id)
    .where(InvoiceItem.invoice_id == bindparam("invoice_id"))
    .group_by(InvoiceItem.item_id)
    .order_by(InvoiceItem.line_number)
)
_LIVE_TAXES = select(CreditNoteTax).join(CreditNote).where(_IS_LIVE).subquery("live_taxes")
_SOLD_TAXES = (
    select(
        InvoiceTax.iva_rate,
        InvoiceTax.base,
        InvoiceTax.iva,
        _credited(_LIVE_TAXES.c.base).label("credited_base"),
        _credited(_LIVE_TAXES.c.iva).label("credited_iva"),
    )
    .outerjoin(_LIVE_TAXES, _LIVE_TAXES.c.iva_rate == InvoiceTax.iva_rate)
    .where(InvoiceTax.invoice_id == bindparam("invoice_id"))
    .group_by(InvoiceTax.invoice_id, InvoiceTax.iva_rate)
)


def credit_note(db: Database, credit_note_id: int) -> dict[str, Any]:
    """Una nota de crédito con sus líneas e impuestos.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, CREDIT_NOTE.where(CreditNote.credit_note_id == credit_note_id))
    if row is None:
        raise NotFound("La nota de crédito no existe.")
    return _complete(db, [row])[0]


def of_invoice(db: Database, invoice_id: int) -> list[dict[str, Any]]:
    """Las notas de crédito de una factura, también las anuladas, en el orden en que se emitieron."""
    statement = CREDIT_NOTE.where(CreditNote.invoice_id == invoice_id)
    return _complete(db, fetch_all(db, statement.order_by(CreditNote.credit_note_id)))


def credit_notes(query: CreditNoteQuery) -> Select[*tuple[Any, ...]]:
    """Las notas de crédito de un filtro, sin sus líneas, las más nuevas primero."""
    statement = CREDIT_NOTE.where(within(CreditNote.issue_date, query.date_from, query.date_to))
    if query.status is not None:
        statement = statement.where(CreditNote.status == query.status)
    if query.patient_id is not None:
        statement = statement.where(Invoice.patient_id == query.patient_id)
    if query.search:
        statement = statement.where(matches_words(_SEARCHED, query.search))
    return statement.order_by(CreditNote.credit_note_id.desc())


def credit_notes_page(db: Database, query: CreditNoteQuery) -> dict[str, Any]:
    """Una página de notas de crédito con sus líneas e impuestos, las más nuevas primero."""
    page = fetch_page(db, credit_notes(query), query, "credit_notes")
    return {**page, "credit_notes": _complete(db, page["credit_notes"])}


def _complete(db: Database, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Añade a cada nota sus líneas, impuestos y comprobante, y agrupa al comprador."""
    ids = [row["credit_note_id"] for row in rows]
    parts = fetch_one(db, _PARTS, ids=ids) or {}
    items, taxes = (grouped(parts[name], "credit_note_id") for name in ("items", "taxes"))
    documents = {row.pop("owner"): row for row in parts["documents"]}
    return [
        {
            **with_buyer(row),
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
    statement = select(CreditNote.invoice_id).where(CreditNote.credit_note_id == credit_note_id)
    row = fetch_one(db, statement)
    if row is None:
        raise NotFound("La nota de crédito no existe.")
    return int(row["invoice_id"])


def sold(db: Database, invoice_id: int) -> list[Sold]:
    """Las líneas de una factura y lo que queda de cada una sin devolver."""
    return [Sold(**row) for row in fetch_all(db, _SOLD, invoice_id=invoice_id)]


def sold_taxes(db: Database, invoice_id: int) -> dict[int, SoldTax]:
    """El IVA de una factura por tarifa y lo que ya se devolvió de él."""
    return {row["iva_rate"]: SoldTax(**row) for row in fetch_all(db, _SOLD_TAXES, invoice_id=invoice_id)}
