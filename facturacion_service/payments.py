"""Cómo se cobra una factura ya bloqueada: nunca más que su saldo, y al saldarla queda PAID."""

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.errors import Conflict, invalid
from common.utils import clinic_today, now
from facturacion_service import models_payments
from facturacion_service.models import Invoice
from facturacion_service.models_payments import InvoicePayment
from facturacion_service.schemas_payments import PaymentIn

WHY_NOT = {
    "DRAFT": "todavía es un borrador; emítala antes de cobrarla",
    "PAID": "ya está cobrada",
    "ANNULLED": "está anulada",
}


def receive(db: Session, invoice: Invoice, body: PaymentIn, *, user: CurrentUser) -> InvoicePayment:
    """Registra un cobro de una factura ya bloqueada; al llegar al total, la factura queda cobrada.

    :raises Conflict: `factura_no_cobrable` si no está emitida o ya se cobró o anuló.
    :raises Invalid: si pasa del saldo o su fecha es futura.
    """
    if invoice.status != "ISSUED":
        raise _not_payable(invoice)
    if body.payment_date is not None and body.payment_date > clinic_today():
        raise invalid("payment_date", "no puede ser posterior a hoy")
    balance = invoice.total_amount - models_payments.paid(db, invoice.invoice_id)
    if body.amount > balance:
        raise invalid("amount", f"es mayor que el saldo de la factura, USD {balance:.2f}")
    payment = _recorded(db, invoice, body, user)
    if body.amount == balance:
        close(invoice)
        db.flush()
    return payment


def _not_payable(invoice: Invoice) -> Conflict:
    return Conflict(
        f"La factura {WHY_NOT[invoice.status]}.",
        code="factura_no_cobrable",
        errors={"status": WHY_NOT[invoice.status]},
        data={"status": invoice.status},
    )


def settle(db: Session, invoice: Invoice, *, user: CurrentUser) -> None:
    """Cobra hoy todo lo que falta de una factura emitida, con su forma de pago."""
    balance = invoice.total_amount - models_payments.paid(db, invoice.invoice_id)
    # Una factura de valor cero se da por cobrada sin que entre dinero.
    if balance:
        whole = PaymentIn.model_construct(amount=balance, payment_method=invoice.payment_method)
        _recorded(db, invoice, whole, user)
    close(invoice)


def close(invoice: Invoice) -> None:
    """Da la factura por cobrada en este instante."""
    invoice.status, invoice.paid_at = "PAID", now()


def _recorded(db: Session, invoice: Invoice, body: PaymentIn, user: CurrentUser) -> InvoicePayment:
    payment = InvoicePayment(
        invoice_id=invoice.invoice_id,
        amount=body.amount,
        payment_method=body.payment_method,
        payment_date=body.payment_date or clinic_today(),
        reference=body.reference,
        received_by=user.user_id,
    )
    db.add(payment)
    db.flush()
    return payment
