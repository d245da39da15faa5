"""Lo que pasa con una factura: hacerla, emitirla con su número, cobrarla y anularla."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser, check_permissions
from common.errors import Conflict, Problems, invalid
from common.permissions import Permission
from common.rules import audit, recipes, stock
from common.rules.transitions import Transitions, check_transition
from common.utils import clinic_today, now
from common.web.versions import UNCONDITIONAL, Expected
from facturacion_service.invoices import drafts, payments
from facturacion_service.invoices import source_queries as sources
from facturacion_service.invoices.drafts import ONLY_WHEN_ISSUING
from facturacion_service.invoices.rows import VisitRow
from facturacion_service.invoices.schemas import INVOICE_VERSION, InvoiceIn, StatusIn
from facturacion_service.invoices.source_queries import RELEASED
from facturacion_service.ledger import invoices, locked
from facturacion_service.ledger.buyer import check_consumidor_final
from facturacion_service.ledger.locked import LockedInvoice
from facturacion_service.models import Invoice
from facturacion_service.sri.documents import changes as documents_changes
from facturacion_service.sri.documents import emission
from facturacion_service.sri.documents import queries as document_queries
from facturacion_service.sri.documents.emission import Emission
from facturacion_service.sri.xml.documents import FACTURA

TRANSITIONS: Transitions = {
    "DRAFT": ("ISSUED", "ANNULLED"),
    "ISSUED": ("PAID", "ANNULLED"),
    "PAID": ("ANNULLED",),
    "ANNULLED": (),
}


def create(db: Session, body: InvoiceIn, *, user: CurrentUser) -> int:
    """Hace una factura; con status ISSUED, la emite en la misma transacción.

    :returns: su identificador.
    :raises Invalid: con todo lo que no sirve.
    :raises Conflict: `cita_ya_facturada`, o `stock_insuficiente` al emitir.
    """
    # Al hacerla, null es lo mismo que no enviarlo: todavía no hay nada que vaciar.
    sent = {key: value for key, value in body.changes().items() if value is not None}
    sent.setdefault("payment_method", body.payment_method)
    invoice = drafts.add(db, sent, user_id=user.user_id)
    if body.status == "ISSUED":
        issue(db, invoice, user=user, series=body.series)
    return invoice.invoice_id


def change(
    db: Session, invoice_id: int, changes: dict[str, Any], *, user: CurrentUser, expected: Expected
) -> None:
    """Cambia un borrador; solo lo que se envía.

    :raises Invalid: con todo lo que no sirve.
    :raises Conflict: `factura_emitida` si ya no es un borrador; al emitir, los de `issue`.
    :raises PreconditionFailed: si cambió desde que el cliente lo leyó.
    """
    invoice = locked.locked_invoice(db, invoice_id)
    expected.check(INVOICE_VERSION, lambda: invoices.invoice(db, invoice_id))
    if invoice.status != "DRAFT":
        raise Conflict("La factura ya se emitió y no se puede cambiar.", code="factura_emitida")
    invoice = drafts.change(db, invoice, changes)
    if changes.get("status") == "ISSUED":
        issue(db, invoice, user=user, series=changes.get("series"))


def change_status(
    db: Session,
    invoice_id: int,
    body: StatusIn,
    *,
    user: CurrentUser,
    expected: Expected = UNCONDITIONAL,
) -> None:
    """Emite, cobra o anula una factura.

    :raises Forbidden: si anula sin el permiso.
    :raises Invalid: si falta el motivo de anular o sobra la forma de pago.
    :raises Conflict: `transicion_invalida`; al emitir, los de `issue`.
    :raises PreconditionFailed: si cambió desde que el cliente la leyó.
    """
    if body.status == "ANNULLED":
        check_permissions(user, (Permission.INVOICES_ANNUL,))
    _check_fields(body)
    invoice = locked.locked_invoice(db, invoice_id)
    expected.check(INVOICE_VERSION, lambda: invoices.invoice(db, invoice_id))
    check_transition(TRANSITIONS, invoice.status, body.status, what="Una factura")
    if body.payment_method is not None:
        invoice = locked.change_invoice(db, invoice, payment_method=body.payment_method)
    if body.status == "ISSUED":
        issue(db, invoice, user=user, series=body.series)
    elif body.status == "PAID":
        payments.settle(db, invoice, user=user)
    else:
        annul(db, invoice, body.reason, user=user)


def _check_fields(body: StatusIn) -> None:
    problems = Problems()
    if body.payment_method is not None and body.status not in ("ISSUED", "PAID"):
        problems.add("payment_method", "solo se elige al emitir o al cobrar")
    if body.series is not None and body.status != "ISSUED":
        problems.add("series", ONLY_WHEN_ISSUING)
    problems.refuse()


def issue(db: Session, invoice: LockedInvoice, *, user: CurrentUser, series: str | None = None) -> None:
    """Emite un borrador: saca lo vendido y toma el número, que es lo último que se bloquea.

    Si la clínica emite comprobantes electrónicos, el suyo nace aquí mismo.

    :param series: «001-002»; sin ella, la de la configuración.
    :raises Invalid: si el comprador es consumidor final y pasa del límite, si la serie no es del emisor, o
        con todo lo que el SRI rechazaría.
    :raises Conflict: `cita_cancelada` o `stock_insuficiente`.
    """
    plan = emission.emission(db, series)
    check_consumidor_final(invoice, plan.consumidor_final_limit)
    check_visit(db, invoice)
    sold = sources.sold_products(db, invoice.invoice_id, invoice.appointment_id)
    stock.take(db, sold, "VENTA", user_id=user.user_id, invoice_id=invoice.invoice_id)
    day = _issue_day(invoice, plan)
    charges = emission.charges(db, invoice, plan)
    sequential = emission.take_number(db, FACTURA, plan)
    issued = locked.change_invoice(
        db,
        invoice,
        invoice_number=plan.series.number(sequential),
        is_test=plan.is_test,
        status="ISSUED",
        issue_date=day,
        issued_at=now(),
    )
    emission.create_invoice_document(db, issued, plan, sequential, charges)


def _issue_day(invoice: LockedInvoice, plan: Emission) -> date:
    """La fecha de emisión; la de un comprobante electrónico es la del día en que se envía.

    Resolución NAC-DGERCGC25-00000017: desde 2026 se transmite en el momento de la emisión.
    """
    today = clinic_today()
    if not invoice.issue_date_fixed:
        return today
    if plan.is_electronic and invoice.issue_date != today:
        raise invalid("issue_date", "un comprobante electrónico se emite con la fecha de hoy")
    return invoice.issue_date


def check_visit(db: Session, invoice: LockedInvoice) -> None:
    """Comprueba que la visita siga en pie; hasta confirmar, nadie la cancela ni cambia lo que se hizo.

    :raises Conflict: `cita_cancelada`.
    """
    visit = hold_visit(db, invoice)
    if visit is not None and visit["status"] in RELEASED:
        message = f"La cita de esta factura está en {visit['status']} y no se cobra."
        raise Conflict(message, code="cita_cancelada", errors={"appointment_id": message})


def hold_visit(db: Session, invoice: LockedInvoice) -> VisitRow | None:
    """La visita de una factura, si la tiene, que hasta confirmar no cambia de doctor ni de estado.

    Va antes que los productos, como al completarla; la cifra de su doctor la necesita quieta.
    """
    return sources.shared_visit(db, invoice.appointment_id) if invoice.appointment_id else None


def annul(db: Session, invoice: LockedInvoice, reason: str | None, *, user: CurrentUser) -> None:
    """Anula una factura y devuelve a inventario lo que ella sacó, al mismo costo.

    :raises Invalid: si falta el motivo.
    :raises Conflict: `factura_con_nota_de_credito` si tiene alguna vigente; `no_se_puede_anular` si su
        comprobante electrónico ya no lo admite.
    """
    if not reason:
        raise invalid("reason", "es obligatorio para anular")
    _check_no_credit_notes(db, invoice)
    hold_visit(db, invoice)
    documents_changes.annul(db, invoice, reason)
    recipes.restore(db, user_id=user.user_id, invoice_id=invoice.invoice_id)
    locked.change_invoice(db, invoice, status="ANNULLED", annulled_reason=reason, annulled_at=now())
    audit.record(db, user, "ANNUL", Invoice.__tablename__, invoice.invoice_id, details={"reason": reason})


def _check_no_credit_notes(db: Session, invoice: LockedInvoice) -> None:
    if document_queries.has_live_credit_notes(db, invoice.invoice_id):
        raise Conflict(
            "La factura tiene notas de crédito vigentes; anúlelas antes de anularla.",
            code="factura_con_nota_de_credito",
        )
