"""Los totales de las facturas de un período y de lo que sus notas de crédito devolvieron."""

from typing import Any

from sqlalchemy import func, select

from common.database import Database, fetch_all, fetch_one
from common.listing import within
from common.schemas import DateRange
from common.tables.facturacion import Invoice, InvoiceTax
from common.tables.notas_de_credito import CreditNote, CreditNoteTax
from facturacion_service.models import CREDIT, INCOME, counts, total_of

_SUMS = ("subtotal", "iva_amount", "total_amount")


def invoice_totals(db: Database, query: DateRange) -> dict[str, Any]:
    """Los totales de las facturas de un período, los de las notas de crédito y lo que queda."""
    billed, credited = _billed(db, query), _credited(db, query)
    net = {name: billed[name] - credited[name] for name in _SUMS}
    return {**billed, "credited": credited, "net": net}


def _billed(db: Database, query: DateRange) -> dict[str, Any]:
    period = within(Invoice.issue_date, query.date_from, query.date_to)
    count, total = func.count().label("invoice_count"), total_of(Invoice.total_amount, "total_amount")
    sums = select(count, *_sums(Invoice)).where(period, INCOME)
    by_status = select(Invoice.status, count, total).where(period, counts(Invoice))
    by_payment = select(Invoice.payment_method, count, total).where(period, INCOME)
    by_rate = _by_rate(InvoiceTax).join(Invoice, Invoice.invoice_id == InvoiceTax.invoice_id)
    return {
        **(fetch_one(db, sums) or {}),
        "by_status": fetch_all(db, by_status.group_by(Invoice.status).order_by(Invoice.status)),
        "by_iva_rate": fetch_all(db, by_rate.where(period, INCOME)),
        "by_payment_method": fetch_all(
            db, by_payment.group_by(Invoice.payment_method).order_by(Invoice.payment_method)
        ),
    }


def _credited(db: Database, query: DateRange) -> dict[str, Any]:
    period = within(CreditNote.issue_date, query.date_from, query.date_to)
    sums = select(func.count().label("credit_note_count"), *_sums(CreditNote)).where(period, CREDIT)
    by_rate = _by_rate(CreditNoteTax).join(
        CreditNote, CreditNote.credit_note_id == CreditNoteTax.credit_note_id
    )
    return {**(fetch_one(db, sums) or {}), "by_iva_rate": fetch_all(db, by_rate.where(period, CREDIT))}


def _sums(document: type[Invoice] | type[CreditNote]) -> list[Any]:
    return [total_of(getattr(document, name), name) for name in _SUMS]


def _by_rate(tax: type[InvoiceTax] | type[CreditNoteTax]) -> Any:
    sums = total_of(tax.base, "base"), total_of(tax.iva, "iva")
    return select(tax.iva_rate, *sums).group_by(tax.iva_rate).order_by(tax.iva_rate)
