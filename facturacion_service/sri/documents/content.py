"""De las filas al comprobante: lo que dice una factura o una nota de crédito guardada."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from common.rules.money import Tax
from facturacion_service.ledger import invoices
from facturacion_service.ledger.locked import LockedInvoice
from facturacion_service.ledger.rows import TaxRow
from facturacion_service.sri.documents import queries
from facturacion_service.sri.documents.queries import CreditNote
from facturacion_service.sri.xml.documents import (
    Buyer,
    CreditNoteDocument,
    Heading,
    InvoiceDocument,
    Issuer,
    Line,
)


@dataclass(frozen=True)
class Charges:
    """Lo que cobra una factura: sus líneas y su IVA."""

    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]


def invoice_charges(db: Session, invoice_id: int) -> Charges:
    """Lo que cobra una factura, que de ella es lo único que hay que ir a leer."""
    lines = tuple(queries.invoice_lines(db, invoice_id))
    return Charges(lines, _taxes(invoices.taxes(db, invoice_id)))


def invoice_content(
    invoice: LockedInvoice, charges: Charges, heading: Heading, issuer: Issuer
) -> InvoiceDocument:
    """Lo que dice una factura."""
    return InvoiceDocument(
        heading=heading,
        issuer=issuer,
        buyer=_buyer(invoice),
        lines=charges.lines,
        taxes=charges.taxes,
        subtotal=invoice.subtotal,
        discount=invoice.discount,
        total_amount=invoice.total_amount,
        payment_method=invoice.payment_method,
        additional_info=tuple((pair["name"], pair["value"]) for pair in invoice.additional_info),
    )


def credit_note_content(
    db: Session, note: CreditNote, invoice: LockedInvoice, heading: Heading, issuer: Issuer
) -> CreditNoteDocument:
    """Lo que dice una nota de crédito de una factura emitida."""
    assert invoice.invoice_number is not None
    return CreditNoteDocument(
        heading=heading,
        issuer=issuer,
        buyer=_buyer(invoice),
        lines=tuple(queries.credit_note_lines(db, note.credit_note_id)),
        taxes=_taxes(queries.taxes(db, note.credit_note_id)),
        subtotal=note.subtotal,
        total_amount=note.total_amount,
        reason=note.reason,
        modified_number=invoice.invoice_number,
        modified_date=invoice.issue_date,
    )


def _buyer(invoice: LockedInvoice) -> Buyer:
    return Buyer(
        id_type=invoice.buyer_id_type,
        id_number=invoice.buyer_id_number,
        name=invoice.buyer_name,
        address=invoice.buyer_address,
        email=invoice.buyer_email,
    )


def _taxes(rows: Sequence[TaxRow]) -> tuple[Tax, ...]:
    return tuple(Tax(row["iva_rate"], row["base"], row["iva"]) for row in rows)
