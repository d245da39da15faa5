"""Las rutas de las facturas."""

from flask import Response

from common.auth_middleware import current_user, require
from common.database import reading, snapshot, transaction
from common.lists.exports import FILES, export, streamed
from common.lists.files import download_bytes
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, conditional, json_body, query_string, sends
from common.web.idempotency import idempotent
from common.web.schemas import DateRange, In, Pagination, Payload
from common.web.versions import Expected
from facturacion_service.invoices import operations
from facturacion_service.invoices.schemas import (
    INVOICE_TITLES,
    INVOICE_VERSION,
    InvoiceIn,
    InvoiceOut,
    InvoicePatch,
    InvoiceTotalsOut,
    StatusIn,
)
from facturacion_service.ledger import balances, invoices, totals
from facturacion_service.ledger.schemas import InvoiceQuery

bp = Resource("invoices", __name__, Tag("Facturas", "Facturas y sus totales."))
PDF = "application/pdf"


@bp.get("/invoices")
@require(Permission.INVOICES_READ)
@query_string(InvoiceQuery)
@answers(invoices=list[InvoiceOut], pagination=Pagination, files=FILES)
def list_invoices(query: InvoiceQuery) -> Payload | Response:
    """Lista las facturas, las más nuevas primero

    Con `format=csv` o `xlsx`, un archivo con todas las del filtro, una por fila y sin sus líneas.
    """
    if query.format != "json":
        with snapshot() as db:
            return export(query.format, "facturas", INVOICE_TITLES, streamed(db, invoices.invoices(query)))
    with reading() as db:
        return invoices.invoices_page(db, query)


@bp.get("/invoices/totals")
@require(Permission.INVOICES_READ)
@query_string(DateRange)
@answers(totals=InvoiceTotalsOut)
def get_invoice_totals(query: DateRange) -> Payload:
    """Suma las facturas emitidas y cobradas de un período; por estado, todas

    Las sumas de facturas no restan nada. Lo que devolvieron las notas de crédito emitidas en el período, de
    la factura que sean, va en `credited`, y lo que queda, en `net`. Lo emitido en el ambiente de pruebas del
    SRI deja de contar al pasar a producción.

    `by_payment_method` reparte lo facturado según la forma de pago de cada factura, la que va al SRI, y por
    eso suma el total; lo que de verdad se recibió está en los cobros de cada una.
    """
    with reading() as db:
        return {"totals": totals.invoice_totals(db, query)}


@bp.get("/invoices/<int:invoice_id>")
@require(Permission.INVOICES_READ)
@answers(invoice=InvoiceOut, versioned=INVOICE_VERSION)
def get_invoice(invoice_id: int) -> Payload:
    """Muestra una factura"""
    with reading() as db:
        return {"invoice": invoices.invoice(db, invoice_id)}


@bp.post("/invoices")
@require(Permission.INVOICES_WRITE)
@idempotent
@json_body(InvoiceIn)
@answers(
    status=201,
    location="/api/facturacion/invoices/{invoice[invoice_id]}",
    versioned=INVOICE_VERSION,
    invoice=InvoiceOut,
)
def create_invoice(body: InvoiceIn) -> Payload:
    """Hace una factura, en borrador o ya emitida

    Con `appointment_id` y sin `items`, cobra los tratamientos y extras de la visita; una visita tiene una
    sola factura vigente. Con `subtotal` la visita se cobra en una sola línea por ese monto. El servidor
    calcula todos los totales; el IVA, por tarifa sobre la suma de bases.
    """
    with transaction() as db:
        invoice_id = operations.create(db, body, user=current_user())
        return {"invoice": invoices.invoice(db, invoice_id)}


@bp.put("/invoices/<int:invoice_id>")
@require(Permission.INVOICES_WRITE)
@conditional
@json_body(InvoicePatch)
@answers(invoice=InvoiceOut, versioned=INVOICE_VERSION)
def change_invoice(invoice_id: int, body: In, expected: Expected) -> Payload:
    """Cambia un borrador; una factura emitida no se cambia

    Solo cambia lo que se envía. Poner otra visita trae sus líneas, salvo que lleguen `items` o `subtotal`;
    quitarla (`null`) deja las que hay. El comprador sigue hasta que se envíe otro o cambie el paciente; con
    `null` vuelve a ser el paciente. `iva_rate` solo va con `subtotal`.
    """
    with transaction() as db:
        operations.change(db, invoice_id, body.changes(), user=current_user(), expected=expected)
        return {"invoice": invoices.invoice(db, invoice_id)}


@bp.patch("/invoices/<int:invoice_id>/status")
@require(Permission.INVOICES_WRITE)
@idempotent
@conditional
@json_body(StatusIn)
@answers(invoice=InvoiceOut, versioned=INVOICE_VERSION)
def change_status(invoice_id: int, body: StatusIn, expected: Expected) -> Payload:
    """Emite, cobra o anula una factura

    Al emitir toma su número, consecutivo y sin saltos, si su visita sigue en pie (409 `cita_cancelada`). Al
    cobrar registra un solo cobro por lo que falta. Anular exige `reason` y además `invoices:annul`; los
    cobros quedan como constancia, y con notas de crédito vigentes no se puede (409
    `factura_con_nota_de_credito`). `payment_method` solo se elige al emitir o al cobrar.
    """
    with transaction() as db:
        operations.change_status(db, invoice_id, body, user=current_user(), expected=expected)
        return {"invoice": invoices.invoice(db, invoice_id)}


@bp.get("/invoices/<int:invoice_id>/pdf")
@require(Permission.INVOICES_READ)
@sends(PDF)
def get_invoice_pdf(invoice_id: int) -> Response:
    """Entrega una factura en PDF, con sus cobros

    Un borrador lleva la marca BORRADOR y una anulada, ANULADA. No es el RIDE del comprobante electrónico.
    """
    # Aquí y no arriba: quien no pide un PDF no carga la biblioteca.
    from facturacion_service.invoices.pdf import render

    with snapshot() as db:
        invoice = invoices.invoice(db, invoice_id)
        payments = balances.payments(db, invoice_id)
    name = f"factura-{invoice['invoice_number'] or f'borrador-{invoice_id}'}.pdf"
    return download_bytes(render(invoice, payments), PDF, name)
