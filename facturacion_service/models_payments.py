"""Las consultas de los cobros: cuánto se ha cobrado de cada factura y cuánto falta."""

from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, case, func, select

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.rules.money import ZERO
from common.tables.auth import User
from common.tables.facturacion import Invoice, InvoicePayment

__all__ = ["BALANCE", "PAID_AMOUNT", "InvoicePayment"]

PAID_AMOUNT = (
    select(func.coalesce(func.sum(InvoicePayment.amount), ZERO))
    .where(InvoicePayment.invoice_id == Invoice.invoice_id)
    .correlate(Invoice)
    .scalar_subquery()
)
# Solo lo emitido se debe: un borrador todavía no y una anulada ya no.
BALANCE = case((Invoice.status == "ISSUED", Invoice.total_amount - PAID_AMOUNT), else_=ZERO)

PAYMENT = select(
    InvoicePayment.payment_id,
    InvoicePayment.invoice_id,
    InvoicePayment.amount,
    InvoicePayment.payment_method,
    InvoicePayment.payment_date,
    InvoicePayment.reference,
    InvoicePayment.received_by,
    User.full_name.label("received_by_name"),
    InvoicePayment.created_at,
).join(User, User.user_id == InvoicePayment.received_by)
_ONE_PAYMENT = PAYMENT.where(InvoicePayment.payment_id == bindparam("payment_id"))
_PAYMENTS = PAYMENT.where(InvoicePayment.invoice_id == bindparam("invoice_id")).order_by(
    InvoicePayment.payment_id
)
_PAID = select(func.coalesce(func.sum(InvoicePayment.amount), ZERO)).where(
    InvoicePayment.invoice_id == bindparam("invoice_id")
)


def payment(db: Database, payment_id: int) -> dict[str, Any] | None:
    """Un cobro."""
    return fetch_one(db, _ONE_PAYMENT, payment_id=payment_id)


def payments(db: Database, invoice_id: int) -> list[dict[str, Any]]:
    """Los cobros de una factura, en el orden en que se registraron."""
    return fetch_all(db, _PAYMENTS, invoice_id=invoice_id)


def paid(db: Database, invoice_id: int) -> Decimal:
    """Cuánto se ha cobrado de una factura, en dólares."""
    return Decimal(fetch_value(db, _PAID, invoice_id=invoice_id))
