"""Lo que se escribe de una factura: ella misma, sus líneas, sus impuestos y su comprobante.

Al emitirla, `common.rules` escribe además existencias y movimientos.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Never

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from common.database import fetch_one, write, write_rows
from common.errors import NotFound
from common.sql.statements import FixedQuery, FixedWrite, columns, insert_rows
from common.tables.base import table_of
from common.tables.facturacion import Invoice, InvoiceItem, InvoiceTax
from common.tables.sri import SriDocument


@dataclass(frozen=True)
class LockedInvoice:
    """Una factura bloqueada, con lo que dice en este instante."""

    invoice_id: int
    invoice_number: str | None
    patient_id: int | None
    appointment_id: int | None
    issue_date: date
    issue_date_fixed: bool
    buyer_id_type: str
    buyer_id_number: str
    buyer_name: str
    buyer_email: str | None
    buyer_address: str | None
    subtotal: Decimal
    discount: Decimal
    iva_amount: Decimal
    total_amount: Decimal
    payment_method: str
    additional_info: list[dict[str, str]]
    is_test: bool
    credited_in_full: bool
    status: str
    issued_at: datetime | None
    paid_at: datetime | None
    annulled_at: datetime | None
    annulled_reason: str | None


_invoices, _items, _taxes = table_of(Invoice), table_of(InvoiceItem), table_of(InvoiceTax)
_columns = columns(LockedInvoice, _invoices)
_is_it = _invoices.c.invoice_id == bindparam("wanted")
_LOCKED = FixedQuery(LockedInvoice, select(*_columns).where(_is_it).with_for_update())
_ADDED = FixedWrite(
    insert(_invoices).returning(*_columns),
    *("patient_id", "appointment_id", "issue_date", "issue_date_fixed"),
    *("buyer_id_type", "buyer_id_number", "buyer_name", "buyer_email", "buyer_address"),
    *("subtotal", "discount", "iva_amount", "total_amount"),
    *("payment_method", "additional_info", "status", "created_by"),
    returning=LockedInvoice,
)
_LINES = FixedWrite(
    insert_rows(
        _items,
        *("line_number", "description", "quantity", "unit_price", "discount"),
        *("iva_rate", "subtotal", "product_id", "treatment_id"),
        shared=["invoice_id"],
    )
)
_TAXES = FixedWrite(insert_rows(_taxes, "iva_rate", "base", "iva", shared=["invoice_id"]))
_DROPPED = [
    FixedWrite(delete(one).where(one.c.invoice_id == bindparam("invoice_id"))) for one in (_items, _taxes)
]
_DOCUMENT = FixedWrite(
    insert(table_of(SriDocument)),
    *("doc_code", "invoice_id", "credit_note_id", "environment", "ruc", "document_number"),
    *("issue_date", "access_key", "status", "unsigned_xml", "next_attempt_at"),
)


def locked_invoice(db: Session, invoice_id: int) -> LockedInvoice:
    """La factura, bloqueada hasta confirmar.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _LOCKED, wanted=invoice_id)
    if row is None:
        raise NotFound("La factura no existe.")
    return row


def add_invoice(db: Session, values: Mapping[str, Any]) -> LockedInvoice:
    """Guarda una factura nueva, que nadie más ve hasta confirmar."""
    row = fetch_one(db, _ADDED, **values)
    assert row is not None
    return row


def change_invoice(db: Session, invoice: LockedInvoice, **values: Any) -> LockedInvoice:
    """Cambia unas columnas de una factura bloqueada, si de verdad cambian; devuelve cómo queda."""
    changed = {name: value for name, value in values.items() if getattr(invoice, name) != value}
    if changed:
        write(db, _changing(*changed), wanted=invoice.invoice_id, **changed)
    return replace(invoice, **changed)


@cache
def _changing(*columns: str) -> FixedWrite[Never]:
    return FixedWrite(update(_invoices).where(_is_it), *columns)


def put_lines(
    db: Session, invoice_id: int, lines: Sequence[Mapping[str, Any]], taxes: Sequence[Mapping[str, Any]]
) -> None:
    """Guarda las líneas, numeradas, y los impuestos de una factura que no los tiene."""
    numbered = [{"line_number": number, **line} for number, line in enumerate(lines, 1)]
    write_rows(db, _LINES, numbered, invoice_id=invoice_id)
    write_rows(db, _TAXES, taxes, invoice_id=invoice_id)


def drop_lines(db: Session, invoice_id: int) -> None:
    """Quita las líneas y los impuestos de un borrador."""
    for dropped in _DROPPED:
        write(db, dropped, invoice_id=invoice_id)


def add_document(db: Session, **values: Any) -> None:
    """Guarda un comprobante nuevo."""
    write(db, _DOCUMENT, **values)
