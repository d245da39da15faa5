"""Lo que pasa con una nota de crédito: emitirla, que ya es definitivo, y anularla.

La fila de la factura, bloqueada, pone en fila todo lo que la cobra o la devuelve.
"""

from typing import Any

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.errors import Conflict, Problems, invalid
from common.rules import audit, recipes, stock
from common.rules.money import ZERO, Tax
from common.rules.recipes import Moved
from common.rules.transitions import Transitions, check_transition
from common.utils import clinic_today, now
from facturacion_service.credit_notes import lines, queries
from facturacion_service.credit_notes.lines import Credit
from facturacion_service.credit_notes.queries import CreditNote, CreditNoteItem, CreditNoteTax
from facturacion_service.credit_notes.schemas import AnnulmentIn, CreditNoteIn
from facturacion_service.invoices import operations as invoice_operations
from facturacion_service.invoices import payments
from facturacion_service.ledger import locked
from facturacion_service.ledger.locked import LockedInvoice
from facturacion_service.sri.documents import emission
from facturacion_service.sri.documents import queries as document_queries
from facturacion_service.sri.documents.changes import REJECTED, standing, void
from facturacion_service.sri.documents.emission import Emission
from facturacion_service.sri.documents.queries import SriDocument
from facturacion_service.sri.xml.documents import NOTA_DE_CREDITO, Series

ENTITY = CreditNote.__tablename__
TRANSITIONS: Transitions = {"ISSUED": ("ANNULLED",), "ANNULLED": ()}
IN_FLIGHT = ("ENVIADO", "RECIBIDO")
WHY_NOT = {"DRAFT": "todavía es un borrador y se puede cambiar", "ANNULLED": "está anulada"}


def create(db: Session, invoice_id: int, body: CreditNoteIn, *, user: CurrentUser) -> CreditNote:
    """Emite una nota de crédito: devuelve el dinero, lo vendido si se pide, y toma su número.

    :raises NotFound: si la factura no existe.
    :raises Conflict: si la factura no admite notas de crédito.
    :raises Invalid: con las líneas que no sirven, o si no se devuelve nada.
    """
    invoice = locked.locked_invoice(db, invoice_id)
    _check_creditable(invoice)
    invoice_operations.hold_visit(db, invoice)
    plan = _plan(db, invoice, body.series)
    credits = _credits(db, invoice, body)
    taxes = lines.taxes(credits, queries.sold_taxes(db, invoice_id))
    returning = _returning(db, invoice, credits) if body.restock else []
    values = {"restocked": bool(returning), "created_by": user.user_id}
    note = _issued(db, invoice, body, plan, credits, taxes, **values)
    recipes.undo(db, returning, "REVERSION", user_id=user.user_id, **_origin(note))
    payments.follow_credits(db, invoice)
    return note


def _check_creditable(invoice: LockedInvoice) -> None:
    why_not = WHY_NOT.get(invoice.status)
    if why_not:
        raise Conflict(
            f"La factura {why_not}.",
            code="factura_no_acreditable",
            errors={"status": why_not},
            data={"status": invoice.status},
        )


def _plan(db: Session, invoice: LockedInvoice, series: str | None) -> Emission:
    """Con qué se emite la nota: en la serie de su factura si no se pide otra, y electrónica si ella lo es.

    :raises Conflict: `factura_no_autorizada`, `consumidor_final_no_se_acredita`, o `ambiente_cambiado` o
        `ruc_cambiado` si ya no son los de la factura.
    :raises Invalid: `serie_desconocida`.
    """
    document = document_queries.live_document(db, invoice.invoice_id)
    own = Series(*str(invoice.invoice_number).split("-")[:2])
    if document is None:
        return Emission(emission.emission(db, series).series if series else own)
    _check_document(invoice, document)
    plan = emission.emission(db, series or own)
    _check_issuer(plan, document)
    return plan


def _check_issuer(plan: Emission, document: SriDocument) -> None:
    settings = plan.settings
    if settings is None or settings["environment"] != document.environment:
        raise Conflict(
            f"La factura se emitió en {document.environment}, que ya no es el ambiente del emisor.",
            code="ambiente_cambiado",
        )
    if settings["ruc"] != document.ruc:
        raise Conflict("El RUC del emisor ya no es el de la factura.", code="ruc_cambiado")


def _check_document(invoice: LockedInvoice, document: SriDocument) -> None:
    if document.status in REJECTED:
        raise Conflict(
            "El SRI no autorizó la factura: corríjala o anúlela en vez de devolverla.",
            code="factura_no_autorizada",
            data={"sri_status": document.status},
        )
    if invoice.buyer_id_type == "CONSUMIDOR_FINAL":
        raise Conflict(
            "Una factura electrónica a consumidor final no admite nota de crédito desde 2026.",
            code="consumidor_final_no_se_acredita",
        )


def _credits(db: Session, invoice: LockedInvoice, body: CreditNoteIn) -> list[Credit]:
    problems = Problems()
    credits = lines.chosen(problems, queries.sold(db, invoice.invoice_id), body.items)
    problems.refuse()
    if not sum(credit.subtotal for credit in credits):
        nothing = "lo que se pide no vale nada" if body.items else "no queda nada que devolver"
        raise invalid("items", nothing)
    return credits


def _returning(db: Session, invoice: LockedInvoice, credits: list[Credit]) -> list[Moved]:
    """Lo que vuelve a inventario: nunca más de lo que la propia factura sacó y no ha devuelto.

    De una visita, los extras que ella consumió no los sacó la factura. Sus productos quedan bloqueados.
    """
    quantities = lines.returned_products(credits)
    taken = [row for row in recipes.moved(db, invoice_id=invoice.invoice_id) if row.quantity < 0]
    rows = recipes.some_of(taken, quantities)
    stock.lock_products(db, [row.product_id for row in rows])
    return rows


def _issued(
    db: Session,
    invoice: LockedInvoice,
    body: CreditNoteIn,
    plan: Emission,
    credits: list[Credit],
    taxes: tuple[Tax, ...],
    **values: Any,
) -> CreditNote:
    """La nota ya guardada, con el número, que se toma al final, y su comprobante si le corresponde."""
    sequential = emission.take_number(db, NOTA_DE_CREDITO, plan)
    subtotal, iva = sum((tax.base for tax in taxes), ZERO), sum((tax.iva for tax in taxes), ZERO)
    note = CreditNote(
        credit_note_number=plan.series.number(sequential),
        is_test=plan.is_test,
        invoice_id=invoice.invoice_id,
        issue_date=clinic_today(),
        reason=body.reason,
        subtotal=subtotal,
        iva_amount=iva,
        total_amount=subtotal + iva,
        status="ISSUED",
        **values,
    )
    db.add(note)
    db.flush()
    _put_lines(db, note, credits, taxes)
    emission.create_credit_note_document(db, note, invoice, plan, sequential)
    return note


def _put_lines(db: Session, note: CreditNote, credits: list[Credit], taxes: tuple[Tax, ...]) -> None:
    key = {"credit_note_id": note.credit_note_id}
    db.add_all(_item(credit, line_number, key) for line_number, credit in enumerate(credits, 1))
    db.add_all(CreditNoteTax(**key, iva_rate=tax.iva_rate, base=tax.base, iva=tax.iva) for tax in taxes)
    db.flush()


def _item(credit: Credit, line_number: int, key: dict[str, int]) -> CreditNoteItem:
    return CreditNoteItem(
        **key,
        line_number=line_number,
        invoice_item_id=credit.sold.item_id,
        description=credit.sold.description,
        quantity=credit.quantity,
        returned_quantity=credit.returned_quantity,
        unit_price=credit.unit_price,
        discount=credit.discount,
        iva_rate=credit.sold.iva_rate,
        subtotal=credit.subtotal,
    )


def _origin(note: CreditNote) -> dict[str, Any]:
    """De dónde vienen los movimientos de una nota."""
    return {
        "invoice_id": note.invoice_id,
        "credit_note_id": note.credit_note_id,
        "note": f"Nota de crédito {note.credit_note_number}",
    }


def annul(db: Session, credit_note_id: int, body: AnnulmentIn, *, user: CurrentUser) -> None:
    """Anula una nota de crédito: la factura se vuelve a deber y lo devuelto vuelve a salir.

    :raises NotFound: si la nota no existe.
    :raises Conflict: `transicion_invalida`, `sri_en_proceso`, o `stock_insuficiente` si lo devuelto ya no
        está; si la factura revive, `cita_cancelada` o `cita_ya_facturada`.
    """
    invoice = locked.locked_invoice(db, queries.invoice_of(db, credit_note_id))
    note = document_queries.locked_credit_note(db, credit_note_id)
    check_transition(TRANSITIONS, note.status, body.status, what="Una nota de crédito")
    _void_document(db, note, body.reason)
    if invoice.credited_in_full:
        invoice_operations.check_visit(db, invoice)
    invoice_operations.hold_visit(db, invoice)
    note.status, note.annulled_reason, note.annulled_at = "ANNULLED", body.reason, now()
    db.flush()
    # Antes que los productos: quien esté facturando la misma visita puede estar esperándolos.
    payments.follow_credits(db, invoice)
    returned = recipes.moved(db, credit_note_id=credit_note_id)
    recipes.undo(db, returned, "VENTA", user_id=user.user_id, **_origin(note))
    audit.record(db, user, "ANNUL", ENTITY, credit_note_id, details={"reason": body.reason})


def _void_document(db: Session, note: CreditNote, reason: str) -> None:
    """Da de baja el comprobante de una nota que se anula; uno autorizado ya se anuló en el portal del SRI."""
    document = document_queries.live_document(db, note.invoice_id, note.credit_note_id)
    if document is None:
        return
    if standing(document.status, document.sent_at) in IN_FLIGHT:
        raise Conflict(
            "El comprobante de la nota está en el SRI; espere la respuesta antes de anularla.",
            code="sri_en_proceso",
            data={"sri_status": document.status},
        )
    void(document, reason)
