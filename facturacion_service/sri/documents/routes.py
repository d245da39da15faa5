"""Las rutas de los comprobantes electrónicos: verlos, descargarlos, corregirlos y reenviarlos."""

from datetime import datetime

from flask import Response

from common.auth_middleware import current_user, require
from common.database import reading, snapshot, transaction
from common.errors import Conflict
from common.lists.files import download_bytes
from common.openapi.resource import Resource
from common.permissions import Permission
from common.web.contract import answers, json_body, query_string, sends
from common.web.schemas import Pagination, Payload
from facturacion_service.ledger import invoices
from facturacion_service.sri.documents import changes, queries
from facturacion_service.sri.documents.schemas import (
    AnnulmentOut,
    DocumentDetailOut,
    DocumentOut,
    DocumentQuery,
    EmailIn,
    RenumberIn,
    RetryIn,
    XmlQuery,
)
from facturacion_service.sri.rows import FileRow
from facturacion_service.sri.settings import logo_queries
from facturacion_service.sri.settings.routes import TAG
from facturacion_service.sri.vouchers.authorization_xml import wrap

bp = Resource("sri_documents", __name__, TAG)
PDF = "application/pdf"
XML = "application/xml"


@bp.get("/sri/documents")
@require(Permission.INVOICES_READ)
@query_string(DocumentQuery)
@answers(documents=list[DocumentOut], pagination=Pagination)
def list_documents(query: DocumentQuery) -> Payload:
    """Lista los comprobantes electrónicos, los más nuevos primero

    Con `needs_attention=true`, los que esperan algo de una persona.
    """
    with reading() as db:
        return queries.documents_page(db, query)


@bp.get("/sri/documents/<int:document_id>")
@require(Permission.INVOICES_READ)
@answers(document=DocumentDetailOut)
def get_document(document_id: int) -> Payload:
    """Muestra un comprobante electrónico con todo lo que el SRI contestó de él"""
    with snapshot() as db:
        return {"document": queries.document_with_answers(db, document_id)}


@bp.post("/sri/documents/<int:document_id>/retry")
@require(Permission.INVOICES_WRITE)
@json_body(RetryIn)
@answers(document=DocumentOut, errors=(409,))
def retry_document(document_id: int, body: RetryIn) -> Payload:
    """Reenvía un comprobante; si el SRI lo rechazó, corregido y con la misma clave

    Uno rechazado se rehace con los datos actuales del emisor y, si se envían, con otro comprador u otros
    datos adicionales. Uno que aún está en camino solo se atiende antes de su turno; si el SRI lo recibió hace
    más de un día y dice no conocerlo, se envía otra vez tal cual.
    """
    with transaction() as db:
        changes.retry(db, document_id, body, user=current_user())
        return {"document": queries.document(db, document_id)}


@bp.post("/sri/documents/<int:document_id>/renumber")
@require(Permission.SRI_MANAGE)
@json_body(RenumberIn)
@answers(document=DocumentOut, errors=(409,))
def renumber_document(document_id: int, body: RenumberIn) -> Payload:
    """Deja sin utilizar el número de un comprobante rechazado y emite otro, de hoy, con el siguiente

    Es lo que toca cuando el SRI dice que el número ya está registrado (45) o que la fecha ya no vale (65).
    Responde con el comprobante nuevo.
    """
    with transaction() as db:
        new_id = changes.renumber(db, document_id, body.reason, user=current_user())
        return {"document": queries.document(db, new_id)}


@bp.post("/sri/documents/<int:document_id>/email")
@require(Permission.INVOICES_WRITE)
@json_body(EmailIn)
@answers(document=DocumentOut, errors=(409,))
def email_document(document_id: int, body: EmailIn) -> Payload:
    """Pone en cola el correo de un comprobante autorizado, al comprador o a quien se diga

    Si el sistema no tiene correo configurado queda como OMITIDO, y lo dice.
    """
    with transaction() as db:
        changes.email(db, document_id, body.email)
        return {"document": queries.document(db, document_id)}


@bp.get("/sri/documents/<int:document_id>/xml")
@require(Permission.INVOICES_READ)
@query_string(XmlQuery)
@sends(XML, errors=(409,))
def get_document_xml(document_id: int, query: XmlQuery) -> Response:
    """Entrega el XML de un comprobante, con los bytes que se firmaron

    Con `authorization=true`, el archivo de autorización que lo contiene, si ya está autorizado.
    """
    return _xml(query, document_id=document_id)


@bp.get("/invoices/<int:invoice_id>/xml")
@require(Permission.INVOICES_READ)
@query_string(XmlQuery)
@sends(XML, errors=(409,))
def get_invoice_xml(invoice_id: int, query: XmlQuery) -> Response:
    """Entrega el XML de una factura, con los bytes que se firmaron

    Con `authorization=true`, el archivo de autorización que lo contiene, si ya está autorizada.
    """
    return _xml(query, invoice_id=invoice_id)


@bp.get("/credit-notes/<int:credit_note_id>/xml")
@require(Permission.INVOICES_READ)
@query_string(XmlQuery)
@sends(XML, errors=(409,))
def get_credit_note_xml(credit_note_id: int, query: XmlQuery) -> Response:
    """Entrega el XML de una nota de crédito, con los bytes que se firmaron

    Con `authorization=true`, el archivo de autorización que lo contiene, si ya está autorizada.
    """
    return _xml(query, credit_note_id=credit_note_id)


def _xml(query: XmlQuery, **owner: int) -> Response:
    with reading() as db:
        file = queries.files(db, **owner)
    if file["signed_xml"] is None:
        raise Conflict("El comprobante todavía no se ha firmado.", code="sin_firmar")
    if not query.authorization:
        return download_bytes(file["signed_xml"], XML, f"{file['access_key']}.xml")
    authorization = _authorization(file)
    if authorization is None:
        raise Conflict("El SRI todavía no autoriza el comprobante.", code="sin_autorizar")
    wrapped = wrap(file["signed_xml"], *authorization, file["environment"])
    return download_bytes(wrapped, XML, f"{file['access_key']}-autorizado.xml")


def _authorization(file: FileRow) -> tuple[str, datetime] | None:
    """El número y el instante de la autorización; ambos están, o ninguno."""
    number, at = file["authorization_number"], file["authorized_at"]
    return None if number is None or at is None else (number, at)


@bp.get("/sri/documents/<int:document_id>/ride.pdf")
@require(Permission.INVOICES_READ)
@sends(PDF)
def get_document_ride(document_id: int) -> Response:
    """Entrega el RIDE de un comprobante en PDF"""
    return _ride(document_id=document_id)


@bp.get("/invoices/<int:invoice_id>/ride.pdf")
@require(Permission.INVOICES_READ)
@sends(PDF)
def get_invoice_ride(invoice_id: int) -> Response:
    """Entrega el RIDE de una factura: la representación impresa de su comprobante electrónico

    Sirve desde que se emite; mientras el SRI no la autoriza, lo dice.
    """
    return _ride(invoice_id=invoice_id)


@bp.get("/credit-notes/<int:credit_note_id>/ride.pdf")
@require(Permission.INVOICES_READ)
@sends(PDF)
def get_credit_note_ride(credit_note_id: int) -> Response:
    """Entrega el RIDE de una nota de crédito: la representación impresa de su comprobante electrónico"""
    return _ride(credit_note_id=credit_note_id)


def _ride(**owner: int) -> Response:
    # Aquí y no arriba: quien no pide un PDF no carga la biblioteca.
    from facturacion_service.sri.ride.ride import render

    with reading() as db:
        file, logo = queries.files(db, **owner), logo_queries.logo(db)
    authorization, xml = _authorization(file), file["signed_xml"] or file["unsigned_xml"]
    watermark = "ANULADA" if file["voided_at"] else None
    was_rejected = file["status"] in changes.REJECTED
    pdf = render(xml, authorization=authorization, was_rejected=was_rejected, watermark=watermark, logo=logo)
    return download_bytes(pdf, PDF, f"{file['access_key']}.pdf")


@bp.get("/invoices/<int:invoice_id>/annulment")
@require(Permission.INVOICES_READ)
@answers(annulment=AnnulmentOut)
def get_annulment(invoice_id: int) -> Payload:
    """Dice si una factura todavía se puede anular, hasta cuándo y, si no, qué se puede hacer

    La anulación de una autorizada se hace primero en el portal del SRI; aquí se registra después.
    """
    with snapshot() as db:
        return {"annulment": changes.annulment_of(db, invoices.invoice(db, invoice_id))}
