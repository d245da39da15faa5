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
from common.versions import UNCONDITIONAL, Expected
from facturacion_service import (
    lines,
    models,
    models_sri,
    operations_sri,
    operations_sri_changes,
    payments,
)
from facturacion_service import models_sources as sources
from facturacion_service.models import Invoice
from facturacion_service.models_sources import RELEASED
from facturacion_service.operations_sri import Emission
from facturacion_service.parties import check_consumidor_final, chosen_parties
from facturacion_service.schemas import INVOICE_VERSION, InvoiceIn, StatusIn
from facturacion_service.sri.documents import FACTURA

ONLY_WHEN_ISSUING = "solo se elige al emitir"

TRANSITIONS: Transitions = {
    "DRAFT": ("ISSUED", "ANNULLED"),
    "ISSUED": ("PAID", "ANNULLED"),
    "PAID": ("ANNULLED",),
    "ANNULLED": (),
}


def create(db: Session, body: InvoiceIn, *, user: CurrentUser) -> Invoice:
    """Hace una factura; con status ISSUED, la emite en la misma transacción.

    :raises Invalid: con todo lo que no sirve.
    :raises Conflict: `cita_ya_facturada`, o `stock_insuficiente` al emitir.
    """
    invoice = Invoice(created_by=user.user_id, status="DRAFT", issue_date=clinic_today(), additional_info=[])
    # Al hacerla, null es lo mismo que no enviarlo: todavía no hay nada que vaciar.
    sent = {key: value for key, value in body.changes().items() if value is not None}
    _fill(db, invoice, {"payment_method": body.payment_method, **sent})
    if body.status == "ISSUED":
        issue(db, invoice, user=user, series=body.series)
    return invoice


def change(
    db: Session, invoice_id: int, changes: dict[str, Any], *, user: CurrentUser, expected: Expected
) -> None:
    """Cambia un borrador; solo lo que se envía.

    :raises Invalid: con todo lo que no sirve.
    :raises Conflict: `factura_emitida` si ya no es un borrador; al emitir, los de `issue`.
    :raises PreconditionFailed: si cambió desde que el cliente lo leyó.
    """
    invoice = models.locked_invoice(db, invoice_id)
    expected.check(INVOICE_VERSION, lambda: models.invoice(db, invoice_id))
    if invoice.status != "DRAFT":
        raise Conflict("La factura ya se emitió y no se puede cambiar.", code="factura_emitida")
    _fill(db, invoice, changes)
    if changes.get("status") == "ISSUED":
        issue(db, invoice, user=user, series=changes.get("series"))


def _fill(db: Session, invoice: Invoice, changes: dict[str, Any]) -> None:
    """Pone en un borrador lo que se envía: comprador, líneas, fecha y forma de pago.

    :raises Invalid: con todo lo que no sirve; la factura no ha cambiado.
    """
    problems = Problems()
    _check_issue_date(problems, changes.get("issue_date"))
    if changes.get("series") and changes.get("status") != "ISSUED":
        problems.add("series", ONLY_WHEN_ISSUING)
    parties = chosen_parties(db, problems, invoice, changes)
    chosen = lines.chosen_lines(db, problems, invoice, changes)
    sums = lines.add_up(problems, chosen) if chosen else None
    problems.refuse()
    parties.put_in(invoice)
    invoice.payment_method = changes.get("payment_method", invoice.payment_method)
    if "additional_info" in changes:
        invoice.additional_info = changes["additional_info"] or []
    if "issue_date" in changes:
        invoice.issue_date = changes["issue_date"] or clinic_today()
        invoice.issue_date_fixed = changes["issue_date"] is not None
    if chosen and sums:
        lines.put_lines(db, invoice, chosen, sums)
    db.flush()


def _check_issue_date(problems: Problems, day: date | None) -> None:
    if day is not None and day > clinic_today():
        problems.add("issue_date", "no puede ser posterior a hoy")


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
    invoice = models.locked_invoice(db, invoice_id)
    expected.check(INVOICE_VERSION, lambda: models.invoice(db, invoice_id))
    check_transition(TRANSITIONS, invoice.status, body.status, what="Una factura")
    if body.payment_method is not None:
        invoice.payment_method = body.payment_method
    if body.status == "ISSUED":
        issue(db, invoice, user=user, series=body.series)
    elif body.status == "PAID":
        payments.settle(db, invoice, user=user)
    else:
        annul(db, invoice, body.reason, user=user)
    db.flush()


def _check_fields(body: StatusIn) -> None:
    problems = Problems()
    if body.payment_method is not None and body.status not in ("ISSUED", "PAID"):
        problems.add("payment_method", "solo se elige al emitir o al cobrar")
    if body.series is not None and body.status != "ISSUED":
        problems.add("series", ONLY_WHEN_ISSUING)
    problems.refuse()


def issue(db: Session, invoice: Invoice, *, user: CurrentUser, series: str | None = None) -> None:
    """Emite un borrador: saca lo vendido y toma el número, que es lo último que se bloquea.

    Si la clínica emite comprobantes electrónicos, el suyo nace aquí mismo.

    :param series: «001-002»; sin ella, la de la configuración.
    :raises Invalid: si el comprador es consumidor final y pasa del límite, si la serie no es del emisor, o
        con todo lo que el SRI rechazaría.
    :raises Conflict: `cita_cancelada` o `stock_insuficiente`.
    """
    plan = operations_sri.emission(db, series)
    check_consumidor_final(invoice, plan.consumidor_final_limit)
    check_visit(db, invoice)
    sold = sources.sold_products(db, invoice.invoice_id, invoice.appointment_id)
    stock.take(db, sold, "VENTA", user_id=user.user_id, invoice_id=invoice.invoice_id)
    day = _issue_day(invoice, plan)
    sequential = operations_sri.take_number(db, FACTURA, plan)
    # Todo junto y al final: cada cambio que quedara pendiente se revisaría antes de cada consulta.
    invoice.invoice_number, invoice.is_test = plan.series.number(sequential), plan.is_test
    invoice.status, invoice.issue_date, invoice.issued_at = "ISSUED", day, now()
    db.flush()
    operations_sri.create_invoice_document(db, invoice, plan, sequential)


def _issue_day(invoice: Invoice, plan: Emission) -> date:
    """La fecha de emisión; la de un comprobante electrónico es la del día en que se envía.

    Resolución NAC-DGERCGC25-00000017: desde 2026 se transmite en el momento de la emisión.
    """
    today = clinic_today()
    if not invoice.issue_date_fixed:
        return today
    if plan.is_electronic and invoice.issue_date != today:
        raise invalid("issue_date", "un comprobante electrónico se emite con la fecha de hoy")
    return invoice.issue_date


def check_visit(db: Session, invoice: Invoice) -> None:
    """Comprueba que la visita siga en pie; hasta confirmar, nadie la cancela ni cambia lo que se hizo.

    :raises Conflict: `cita_cancelada`.
    """
    visit = hold_visit(db, invoice)
    if visit is not None and visit["status"] in RELEASED:
        message = f"La cita de esta factura está en {visit['status']} y no se cobra."
        raise Conflict(message, code="cita_cancelada", errors={"appointment_id": message})


def hold_visit(db: Session, invoice: Invoice) -> dict[str, Any] | None:
    """La visita de una factura, si la tiene, que hasta confirmar no cambia de doctor ni de estado.

    Va antes que los productos, como al completarla; la cifra de su doctor la necesita quieta.
    """
    return sources.shared_visit(db, invoice.appointment_id) if invoice.appointment_id else None


def annul(db: Session, invoice: Invoice, reason: str | None, *, user: CurrentUser) -> None:
    """Anula una factura y devuelve a inventario lo que ella sacó, al mismo costo.

    :raises Invalid: si falta el motivo.
    :raises Conflict: `factura_con_nota_de_credito` si tiene alguna vigente; `no_se_puede_anular` si su
        comprobante electrónico ya no lo admite.
    """
    if not reason:
        raise invalid("reason", "es obligatorio para anular")
    _check_no_credit_notes(db, invoice)
    hold_visit(db, invoice)
    operations_sri_changes.annul(db, invoice, reason)
    recipes.restore(db, user_id=user.user_id, invoice_id=invoice.invoice_id)
    invoice.status, invoice.annulled_reason, invoice.annulled_at = "ANNULLED", reason, now()
    audit.record(db, user, "ANNUL", Invoice.__tablename__, invoice.invoice_id, details={"reason": reason})


def _check_no_credit_notes(db: Session, invoice: Invoice) -> None:
    if models_sri.has_live_credit_notes(db, invoice.invoice_id):
        raise Conflict(
            "La factura tiene notas de crédito vigentes; anúlelas antes de anularla.",
            code="factura_con_nota_de_credito",
        )
