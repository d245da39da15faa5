"""Las rutas de los cobros de una factura."""

from common.auth_middleware import current_user, require
from common.database import snapshot, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, json_body
from common.web.idempotency import idempotent
from common.web.schemas import Payload
from facturacion_service.invoices import payments
from facturacion_service.invoices.payment_schemas import PaymentIn, PaymentOut
from facturacion_service.invoices.schemas import InvoiceOut
from facturacion_service.ledger import balances, invoices, locked
from facturacion_service.ledger.fields import Balance, PaidAmount

bp = Resource("payments", __name__, Tag("Cobros", "Lo que se cobra de cada factura."))


@bp.get("/invoices/<int:invoice_id>/payments")
@require(Permission.INVOICES_READ)
@answers(payments=list[PaymentOut], paid_amount=PaidAmount, balance=Balance)
def list_payments(invoice_id: int) -> Payload:
    """Muestra los cobros de una factura y lo que falta, en el orden en que se registraron

    Los de una factura anulada quedan como constancia de lo que se recibió; su saldo es cero.
    """
    with snapshot() as db:
        invoice = invoices.invoice(db, invoice_id)
        found = balances.payments(db, invoice_id)
    return {"payments": found, "paid_amount": invoice["paid_amount"], "balance": invoice["balance"]}


@bp.post("/invoices/<int:invoice_id>/payments")
@require(Permission.INVOICES_WRITE)
@idempotent
@json_body(PaymentIn)
@answers(
    status=201,
    location="/api/facturacion/invoices/{invoice[invoice_id]}/payments",
    payment=PaymentOut,
    invoice=InvoiceOut,
)
def receive_payment(invoice_id: int, body: PaymentIn) -> Payload:
    """Cobra una factura emitida, entera o en parte

    No se cobra más que el saldo (422); al saldarla, la factura queda PAID. Un borrador, una factura ya
    cobrada, una anulada o una devuelta entera por notas de crédito responden 409 `factura_no_cobrable`. La
    forma de pago de la factura, la que va al SRI, no cambia.
    """
    with transaction() as db:
        invoice = locked.locked_invoice(db, invoice_id)
        payment = payments.receive(db, invoice, body, user=current_user())
        return {
            "payment": balances.payment(db, payment.payment_id),
            "invoice": invoices.invoice(db, invoice_id),
        }
