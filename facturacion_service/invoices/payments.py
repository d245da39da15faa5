"""Cómo se cobra una factura ya bloqueada: nunca más que su saldo, y al saldarla queda PAID."""

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.errors import Conflict, invalid
from common.utils import clinic_today, now
from facturacion_service.invoices.payment_schemas import PaymentIn
from facturacion_service.ledger import balances, locked
from facturacion_service.ledger.balances import InvoicePayment
from facturacion_service.ledger.locked import LockedInvoice

WHY_NOT = {
    "DRAFT": "todavía es un borrador; emítala antes de cobrarla",
    "PAID": "ya está cobrada",
    "ANNULLED": "está anulada",
}
CREDITED = "está devuelta entera por notas de crédito"


def receive(db: Session, invoice: LockedInvoice, body: PaymentIn, *, user: CurrentUser) -> InvoicePayment:
    """Registra un cobro de una factura ya bloqueada; al llegar al total, la factura queda cobrada.

    :raises Conflict: `factura_no_cobrable` si no está emitida o ya se cobró o anuló.
    :raises Invalid: si pasa del saldo o su fecha es futura.
    """
    _check_payable(invoice)
    if body.payment_date is not None and body.payment_date > clinic_today():
        raise invalid("payment_date", "no puede ser posterior a hoy")
    balance = _owed(db, invoice)
    if body.amount > balance:
        raise invalid("amount", f"es mayor que el saldo de la factura, USD {balance:.2f}")
    payment = _recorded(db, invoice, body, user)
    if body.amount == balance:
        _close(db, invoice)
    return payment


def _check_payable(invoice: LockedInvoice) -> None:
    why_not = CREDITED if invoice.credited_in_full else WHY_NOT.get(invoice.status)
    if why_not:
        raise Conflict(
            f"La factura {why_not}.",
            code="factura_no_cobrable",
            errors={"status": why_not},
            data={"status": invoice.status},
        )


def _owed(db: Session, invoice: LockedInvoice) -> Decimal:
    return balances.settled(db, invoice.invoice_id).owed(invoice.total_amount)


def settle(db: Session, invoice: LockedInvoice, *, user: CurrentUser) -> None:
    """Cobra hoy todo lo que falta de una factura emitida, con su forma de pago.

    :raises Conflict: `factura_no_cobrable` si sus notas de crédito la devolvieron entera.
    """
    _check_payable(invoice)
    balance = _owed(db, invoice)
    # Una factura de valor cero se da por cobrada sin que entre dinero.
    if balance:
        whole = PaymentIn.model_construct(amount=balance, payment_method=invoice.payment_method)
        _recorded(db, invoice, whole, user)
    _close(db, invoice)


def _close(db: Session, invoice: LockedInvoice) -> None:
    """Da la factura por cobrada en este instante."""
    locked.change_invoice(db, invoice, status="PAID", paid_at=now())


def follow_credits(db: Session, invoice: LockedInvoice) -> None:
    """Pone al día una factura cuyas notas de crédito cambiaron: si la devolvieron entera y si queda cobrada.

    Queda PAID si con lo devuelto ya no falta nada de lo que se empezó a cobrar, y vuelve a ISSUED si al
    anular una nota vuelve a faltar. Sin ningún cobro sigue ISSUED, con saldo cero.
    """
    now_settled = balances.settled(db, invoice.invoice_id)
    values: dict[str, Any] = {"credited_in_full": now_settled.credited == invoice.total_amount}
    owes = now_settled.owed(invoice.total_amount) > 0
    if invoice.status == "ISSUED" and now_settled.paid and not owes:
        values |= {"status": "PAID", "paid_at": now()}
    elif invoice.status == "PAID" and owes:
        values |= {"status": "ISSUED", "paid_at": None}
    locked.change_invoice(db, invoice, **values)


def _recorded(db: Session, invoice: LockedInvoice, body: PaymentIn, user: CurrentUser) -> InvoicePayment:
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
