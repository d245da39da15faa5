"""Las consultas de los cobros: cuánto se ha cobrado y devuelto de cada factura, y cuánto falta."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import bindparam, case, func, select

from common.database import Database, fetch_all, fetch_one
from common.rules.money import ZERO
from common.sql.statements import FixedQuery, columns
from common.tables.auth import User
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice, InvoicePayment
from facturacion_service.ledger.rows import PaymentRow

__all__ = ["BALANCE", "CREDITED_AMOUNT", "PAID_AMOUNT", "REFUND_AMOUNT", "InvoicePayment"]

PAID_AMOUNT = (
    select(func.coalesce(func.sum(InvoicePayment.amount), ZERO))
    .where(InvoicePayment.invoice_id == Invoice.invoice_id)
    .correlate(Invoice)
    .scalar_subquery()
)
CREDITED_AMOUNT = (
    select(func.coalesce(func.sum(CreditNote.total_amount), ZERO))
    .where(CreditNote.invoice_id == Invoice.invoice_id, CreditNote.status == "ISSUED")
    .correlate(Invoice)
    .scalar_subquery()
)
_OWED = Invoice.total_amount - PAID_AMOUNT - CREDITED_AMOUNT
# Solo lo emitido se debe: un borrador todavía no y una anulada ya no.
BALANCE = case((Invoice.status == "ISSUED", func.greatest(_OWED, ZERO)), else_=ZERO)
# Lo que se cobró y una nota de crédito devolvió después.
REFUND_AMOUNT = func.greatest(-_OWED, ZERO)


@dataclass(frozen=True)
class Settled:
    """Lo cobrado de una factura y lo devuelto por sus notas de crédito vigentes, en dólares."""

    paid: Decimal
    credited: Decimal

    def owed(self, total: Decimal) -> Decimal:
        """Lo que falta para su total; nunca menos de cero."""
        return max(total - self.paid - self.credited, ZERO)


PAYMENT = select(*columns(PaymentRow, InvoicePayment, received_by_name=User.full_name)).join(
    User, User.user_id == InvoicePayment.received_by
)
_ONE_PAYMENT = FixedQuery(PaymentRow, PAYMENT.where(InvoicePayment.payment_id == bindparam("payment_id")))
_PAYMENTS = FixedQuery(
    PaymentRow,
    PAYMENT.where(InvoicePayment.invoice_id == bindparam("invoice_id")).order_by(InvoicePayment.payment_id),
)
_SETTLED = FixedQuery(
    Settled,
    select(PAID_AMOUNT.label("paid"), CREDITED_AMOUNT.label("credited")).where(
        Invoice.invoice_id == bindparam("invoice_id")
    ),
)


def payment(db: Database, payment_id: int) -> PaymentRow | None:
    """Un cobro."""
    return fetch_one(db, _ONE_PAYMENT, payment_id=payment_id)


def payments(db: Database, invoice_id: int) -> list[PaymentRow]:
    """Los cobros de una factura, en el orden en que se registraron."""
    return fetch_all(db, _PAYMENTS, invoice_id=invoice_id)


def settled(db: Database, invoice_id: int) -> Settled:
    """Lo cobrado y lo devuelto de una factura que existe."""
    found = fetch_one(db, _SETTLED, invoice_id=invoice_id)
    assert found is not None
    return found
