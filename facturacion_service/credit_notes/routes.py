"""Las rutas de las notas de crédito."""

from flask import Response

from common.auth_middleware import current_user, require
from common.database import reading, snapshot, transaction
from common.lists.exports import FILES, export, streamed
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, json_body, query_string
from common.web.idempotency import idempotent
from common.web.schemas import Pagination, Payload
from facturacion_service.credit_notes import operations, queries
from facturacion_service.credit_notes.schemas import (
    CREDIT_NOTE_TITLES,
    AnnulmentIn,
    CreditNoteIn,
    CreditNoteOut,
    CreditNoteQuery,
)
from facturacion_service.ledger import invoices

bp = Resource(
    "credit_notes",
    __name__,
    Tag("Notas de crédito", "Lo que se devuelve de una factura emitida."),
)


@bp.get("/invoices/<int:invoice_id>/credit-notes")
@require(Permission.INVOICES_READ)
@answers(credit_notes=list[CreditNoteOut])
def list_invoice_credit_notes(invoice_id: int) -> Payload:
    """Muestra las notas de crédito de una factura, también las anuladas, en el orden en que se emitieron"""
    with snapshot() as db:
        invoices.invoice(db, invoice_id)
        return {"credit_notes": queries.of_invoice(db, invoice_id)}


@bp.post("/invoices/<int:invoice_id>/credit-notes")
@require(Permission.INVOICES_ANNUL)
@idempotent
@json_body(CreditNoteIn)
@answers(
    status=201,
    location="/api/facturacion/credit-notes/{credit_note[credit_note_id]}",
    credit_note=CreditNoteOut,
)
def create_credit_note(invoice_id: int, body: CreditNoteIn) -> Payload:
    """Emite una nota de crédito que devuelve una factura, en todo o en parte

    Sin `items`, devuelve todo lo que falta. De una línea (`item_id`, el de la factura) se devuelve una
    `quantity`, a su precio y con su parte del descuento, o se rebaja un `amount` sin IVA; sin ninguno de los
    dos, lo que quede de ella. Las notas de una factura nunca suman más que ella, y la que la completa toma
    exactamente lo que quedaba, al centavo. Sin valor no hay nota (422).

    Lo devuelto vuelve a inventario al costo con que salió, salvo con `restock: false`; nunca más de lo que
    la factura sacó, así que un extra que consumió la visita no vuelve por aquí. Devuelta entera, la factura
    deja de cobrar su visita, que se puede facturar de nuevo.

    Solo de una factura emitida o cobrada (409 `factura_no_acreditable`). Si tiene comprobante electrónico,
    la nota también: la del consumidor final no se admite desde 2026 (409
    `consumidor_final_no_se_acredita`), ni la de una factura que el SRI rechazó (409 `factura_no_autorizada`:
    se corrige o se anula), ni la de un ambiente o RUC que ya no son los del emisor (409 `ambiente_cambiado`,
    409 `ruc_cambiado`); si el SRI aún no contesta, la nota espera y se envía después.
    """
    with transaction() as db:
        note = operations.create(db, invoice_id, body, user=current_user())
        return {"credit_note": queries.credit_note(db, note.credit_note_id)}


@bp.get("/credit-notes")
@require(Permission.INVOICES_READ)
@query_string(CreditNoteQuery)
@answers(credit_notes=list[CreditNoteOut], pagination=Pagination, files=FILES)
def list_credit_notes(query: CreditNoteQuery) -> Payload | Response:
    """Lista las notas de crédito, las más nuevas primero

    `search` busca en su número, el de la factura y el comprador. Con `format=csv` o `xlsx`, un archivo con
    todas las del filtro, una por fila y sin sus líneas.
    """
    if query.format != "json":
        with snapshot() as db:
            rows = streamed(db, queries.credit_notes(query))
            return export(query.format, "notas-de-credito", CREDIT_NOTE_TITLES, rows)
    with reading() as db:
        return queries.credit_notes_page(db, query)


@bp.get("/credit-notes/<int:credit_note_id>")
@require(Permission.INVOICES_READ)
@answers(credit_note=CreditNoteOut)
def get_credit_note(credit_note_id: int) -> Payload:
    """Muestra una nota de crédito"""
    with reading() as db:
        return {"credit_note": queries.credit_note(db, credit_note_id)}


@bp.patch("/credit-notes/<int:credit_note_id>/status")
@require(Permission.INVOICES_ANNUL)
@idempotent
@json_body(AnnulmentIn)
@answers(credit_note=CreditNoteOut)
def annul_credit_note(credit_note_id: int, body: AnnulmentIn) -> Payload:
    """Anula una nota de crédito: la factura se vuelve a deber

    Lo que volvió a inventario sale otra vez (409 `stock_insuficiente` si ya no está). Si la factura estaba
    devuelta entera vuelve a cobrar su visita: no se puede si la visita ya se canceló (409 `cita_cancelada`)
    o se facturó de nuevo (409 `cita_ya_facturada`).

    Un comprobante que no se envió o que el SRI rechazó queda sin utilizar; en camino, hay que esperar su
    respuesta (409 `sri_en_proceso`). Uno autorizado se anula primero en el portal del SRI, donde el
    comprador tiene 5 días hábiles para aceptar; aquí se registra después.
    """
    with transaction() as db:
        operations.annul(db, credit_note_id, body, user=current_user())
        return {"credit_note": queries.credit_note(db, credit_note_id)}
