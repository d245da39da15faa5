"""Lo que pasa con una factura: hacerla, emitirla con su número, cobrarla y anularla."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser, check_permissions
from common.config import load_settings
from common.errors import Conflict, Invalid, NotFound, invalid
from common.permissions import Permission
from common.rules import recipes, stock
from common.utils import clinic_today, now
from common.versions import UNCONDITIONAL, Expected
from facturacion_service import lines, models, payments
from facturacion_service.models import Invoice, InvoiceSequence
from facturacion_service.schemas import INVOICE_VERSION, InvoiceIn, StatusIn

FACTURA = "01"  # ficha técnica SRI 2.34, tabla 3

TRANSITIONS: dict[str, tuple[str, ...]] = {
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
    lines.check_issue_date(body.issue_date)
    invoice = Invoice(
        created_by=user.user_id,
        status="DRAFT",
        payment_method=body.payment_method,
        issue_date=body.issue_date or clinic_today(),
        issue_date_fixed=body.issue_date is not None,
    )
    lines.fill(db, invoice, body)
    if body.status == "ISSUED":
        issue(db, invoice, user=user)
    return invoice


def change(
    db: Session, invoice_id: int, changes: dict[str, Any], *, user: CurrentUser, expected: Expected
) -> None:
    """Cambia un borrador; solo lo que se envía.

    :raises Conflict: `factura_emitida` si ya no es un borrador.
    :raises PreconditionFailed: si cambió desde que el cliente lo leyó.
    """
    invoice = locked_invoice(db, invoice_id)
    expected.check(INVOICE_VERSION, lambda: models.invoice(db, invoice_id))
    if invoice.status != "DRAFT":
        raise Conflict("La factura ya se emitió y no se puede cambiar.", code="factura_emitida")
    lines.check_issue_date(changes.get("issue_date"))
    if "issue_date" in changes:
        invoice.issue_date = changes["issue_date"] or clinic_today()
        invoice.issue_date_fixed = changes["issue_date"] is not None
    invoice.payment_method = changes.get("payment_method", invoice.payment_method)
    if changes.keys() & lines.CONTENT_KEYS:
        lines.refill(db, invoice, changes)
    if changes.get("status") == "ISSUED":
        issue(db, invoice, user=user)


def locked_invoice(db: Session, invoice_id: int) -> Invoice:
    """La factura, bloqueada hasta confirmar y con su estado de este instante.

    :raises NotFound: si no existe.
    """
    invoice = db.get(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    if invoice is None:
        raise NotFound("La factura no existe.")
    return invoice


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
    :raises Conflict: `transicion_invalida`, o `stock_insuficiente` al emitir.
    """
    if body.status == "ANNULLED":
        check_permissions(user, (Permission.INVOICES_ANNUL,))
    invoice = locked_invoice(db, invoice_id)
    expected.check(INVOICE_VERSION, lambda: models.invoice(db, invoice_id))
    _check_transition(invoice.status, body.status)
    if body.payment_method is not None:
        invoice.payment_method = body.payment_method
    if body.status == "ISSUED":
        issue(db, invoice, user=user)
    elif body.status == "PAID":
        payments.settle(db, invoice, user=user)
    else:
        annul(db, invoice, body.reason, user=user)
    db.flush()


def _check_transition(former: str, new: str) -> None:
    allowed = TRANSITIONS[former]
    if new in allowed:
        return
    choices = f"solo puede pasar a: {', '.join(allowed)}" if allowed else "ya no puede cambiar de estado"
    raise Conflict(
        f"Una factura en {former} {choices}.",
        code="transicion_invalida",
        errors={"status": choices},
        data={"status": former, "allowed": list(allowed)},
    )


def issue(db: Session, invoice: Invoice, *, user: CurrentUser) -> None:
    """Emite un borrador: saca lo vendido y toma el número, que es lo último que se bloquea.

    :raises Invalid: si el comprador es consumidor final y pasa del límite.
    :raises Conflict: `stock_insuficiente`.
    """
    _check_consumidor_final(invoice)
    _take_sold_products(db, invoice, user)
    if not invoice.issue_date_fixed:
        invoice.issue_date = clinic_today()
    number = _next_number(db)
    invoice.invoice_number, invoice.status, invoice.issued_at = number, "ISSUED", now()
    db.flush()


def _check_consumidor_final(invoice: Invoice) -> None:
    limit = load_settings().consumidor_final_limit
    if invoice.buyer_id_type == "CONSUMIDOR_FINAL" and invoice.total_amount > limit:
        raise Invalid(
            f"Una factura a consumidor final no puede pasar de USD {limit}.",
            code="consumidor_final_limite",
            errors={"buyer": f"por encima de USD {limit} se necesitan los datos del comprador"},
        )


def _take_sold_products(db: Session, invoice: Invoice, user: CurrentUser) -> None:
    """Saca de inventario lo vendido que la visita no saca ya como extra."""
    sold = lines.sold_products(db, invoice)
    products = stock.lock_products(db, sold)
    checked = [stock.shortage(products[product_id], sold[product_id]) for product_id in sorted(sold)]
    missing = [item for item in checked if not item["is_available"]]
    if missing:
        raise stock.insufficient(missing)
    for product_id in sorted(sold):
        stock.move(
            db,
            products[product_id],
            -sold[product_id],
            "VENTA",
            user_id=user.user_id,
            invoice_id=invoice.invoice_id,
        )


def _next_number(db: Session) -> str:
    """El número siguiente de la serie; su fila queda bloqueada hasta confirmar: ni saltos ni repetidos."""
    settings = load_settings()
    series = (settings.invoice_establishment, settings.invoice_emission_point)
    statement = insert(InvoiceSequence).values(
        doc_code=FACTURA, establishment=series[0], emission_point=series[1], last_number=1
    )
    upsert = statement.on_conflict_do_update(
        index_elements=["doc_code", "establishment", "emission_point"],
        set_={"last_number": InvoiceSequence.last_number + 1},
    )
    number = db.scalars(upsert.returning(InvoiceSequence.last_number)).one()
    return f"{series[0]}-{series[1]}-{number:09d}"


def annul(db: Session, invoice: Invoice, reason: str | None, *, user: CurrentUser) -> None:
    """Anula una factura y devuelve a inventario lo que ella sacó, al mismo costo.

    :raises Invalid: si falta el motivo.
    """
    if not reason:
        raise invalid("reason", "es obligatorio para anular")
    recipes.restore(db, user_id=user.user_id, invoice_id=invoice.invoice_id)
    invoice.status, invoice.annulled_reason, invoice.annulled_at = "ANNULLED", reason, now()
