"""Las consultas de los comprobantes electrónicos: en qué va cada uno y lo que su XML necesita."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, case, cast, func, literal, select
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.listing import fetch_page, within
from common.sql.statements import FixedQuery, one_of_ids
from common.tables.credit_notes import CreditNote, CreditNoteItem, CreditNoteTax
from common.tables.facturacion import InvoiceItem
from common.tables.inventario import Product
from common.tables.sri import SriAnswer, SriDelivery, SriDocument
from facturacion_service.ledger.summaries import SUMMARY
from facturacion_service.sri.documents.schemas import DocumentQuery
from facturacion_service.sri.exchange.answers import UNKNOWN

__all__ = ["CreditNote", "SriAnswer", "SriDelivery", "SriDocument"]

DOCUMENT = SUMMARY.add_columns(
    SriDocument.doc_code,
    SriDocument.invoice_id,
    SriDocument.credit_note_id,
    SriDocument.document_number,
    SriDocument.issue_date,
)
_ONE = DOCUMENT.where(SriDocument.document_id == bindparam("document_id"))
_ANSWERS = (
    select(
        SriAnswer.operation,
        SriAnswer.asked_at,
        SriAnswer.answered_at,
        SriAnswer.http_status,
        SriAnswer.outcome,
        SriAnswer.raw,
    )
    .where(SriAnswer.document_id == bindparam("document_id"))
    .order_by(SriAnswer.answer_id)
)
# Lo que se entrega: si el SRI autorizó otra versión de la firmada aquí, esa.
DELIVERED_XML = func.coalesce(SriDocument.authorized_xml, SriDocument.signed_xml).label("signed_xml")
_FILES = select(
    SriDocument.access_key,
    SriDocument.environment,
    SriDocument.status,
    SriDocument.voided_at,
    SriDocument.authorization_number,
    SriDocument.authorized_at,
    DELIVERED_XML,
    SriDocument.unsigned_xml,
)

# Lo que va en «código principal»: el del producto, o uno propio del servicio.
_CODE = case(
    (Product.sku.is_not(None), Product.sku),
    (InvoiceItem.treatment_id.is_not(None), func.concat("TRAT-", cast(InvoiceItem.treatment_id, String))),
    else_=literal("SERVICIO"),
).label("code")
_INVOICE_LINES = FixedQuery(
    select(
        _CODE,
        InvoiceItem.description,
        InvoiceItem.quantity,
        InvoiceItem.unit_price,
        InvoiceItem.discount,
        InvoiceItem.subtotal,
        InvoiceItem.iva_rate,
    )
    .outerjoin(Product, Product.product_id == InvoiceItem.product_id)
    .where(InvoiceItem.invoice_id == bindparam("invoice_id"))
    .order_by(InvoiceItem.line_number)
)
_CREDIT_NOTE_LINES = FixedQuery(
    select(
        _CODE,
        CreditNoteItem.description,
        CreditNoteItem.quantity,
        CreditNoteItem.unit_price,
        CreditNoteItem.discount,
        CreditNoteItem.subtotal,
        CreditNoteItem.iva_rate,
    )
    .join(InvoiceItem, InvoiceItem.item_id == CreditNoteItem.invoice_item_id)
    .outerjoin(Product, Product.product_id == InvoiceItem.product_id)
    .where(CreditNoteItem.credit_note_id == bindparam("credit_note_id"))
    .order_by(CreditNoteItem.line_number)
)


def document(db: Database, document_id: int) -> dict[str, Any]:
    """Un comprobante.

    :raises NotFound: si no existe.
    """
    return _found(fetch_one(db, _ONE, document_id=document_id))


def document_with_answers(db: Database, document_id: int) -> dict[str, Any]:
    """Un comprobante con todo lo que el SRI contestó de él.

    :raises NotFound: si no existe.
    """
    answers = fetch_all(db, _ANSWERS, document_id=document_id)
    spoken = [{**row, "raw": bytes(row["raw"]).decode("utf-8", "replace")} for row in answers]
    return {**document(db, document_id), "answers": spoken}


def documents_page(db: Database, query: DocumentQuery) -> dict[str, Any]:
    """Una página de comprobantes, los más nuevos primero."""
    statement = DOCUMENT.where(within(SriDocument.issue_date, query.date_from, query.date_to))
    for column, value in (
        (SriDocument.status, query.status),
        (SriDocument.environment, query.environment),
        (SriDocument.doc_code, query.doc_code),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.needs_attention is not None:
        waits = SriDocument.attention.is_not(None) & SriDocument.voided_at.is_(None)
        statement = statement.where(waits == query.needs_attention)
    return fetch_page(db, statement.order_by(SriDocument.document_id.desc()), query, "documents")


def files(db: Database, **owner: int) -> dict[str, Any]:
    """El XML de un comprobante y lo que hace falta para imprimirlo.

    :param owner: `invoice_id`, `credit_note_id` o `document_id`, uno de los tres.
    :raises NotFound: `sin_comprobante` si no tiene.
    """
    ((name, value),) = owner.items()
    statement = _FILES.where(getattr(SriDocument, name) == value)
    if name == "invoice_id":
        statement = statement.where(SriDocument.credit_note_id.is_(None))
    latest = statement.order_by(SriDocument.document_id.desc()).limit(1)
    return _found(fetch_one(db, latest))


def _found(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise NotFound("No hay un comprobante electrónico.", code="sin_comprobante")
    return row


def locked_document(db: Session, document_id: int) -> SriDocument:
    """Un comprobante, bloqueado hasta confirmar; antes se bloquea su factura.

    :raises NotFound: si no existe.
    """
    row = db.get(SriDocument, document_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("El comprobante no existe.", code="sin_comprobante")
    return row


def live_document(db: Session, invoice_id: int, credit_note_id: int | None = None) -> SriDocument | None:
    """El comprobante vigente de una factura o de una nota, bloqueado hasta confirmar."""
    statement = (
        select(SriDocument)
        .where(SriDocument.invoice_id == invoice_id, SriDocument.voided_at.is_(None))
        .where(SriDocument.credit_note_id.is_not_distinct_from(credit_note_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.scalars(statement).one_or_none()


def is_forgotten(db: Database, document: SriDocument, before: datetime) -> bool:
    """Si el SRI lo recibió antes de ese instante y lo último que contestó es que no lo conoce."""
    if document.status != "RECIBIDO" or document.received_at is None or document.received_at >= before:
        return False
    of_it = SriAnswer.document_id == document.document_id
    last = select(SriAnswer.outcome).where(of_it).order_by(SriAnswer.answer_id.desc()).limit(1)
    return bool(fetch_value(db, last) == UNKNOWN.state)


def waiting_notes(db: Session, invoice_id: int) -> list[SriDocument]:
    """Los comprobantes de las notas de una factura que aún no salieron, bloqueados hasta confirmar."""
    statement = (
        select(SriDocument)
        .where(SriDocument.invoice_id == invoice_id, SriDocument.credit_note_id.is_not(None))
        .where(SriDocument.voided_at.is_(None), SriDocument.status.in_(("PENDIENTE", "FIRMADO")))
        .order_by(SriDocument.document_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.scalars(statement))


def invoice_of_document(db: Database, document_id: int) -> int:
    """La factura de un comprobante, sin bloquear nada.

    :raises NotFound: si el comprobante no existe.
    """
    return int(document(db, document_id)["invoice_id"])


def invoice_lines(db: Database, invoice_id: int) -> list[dict[str, Any]]:
    """Las líneas de una factura como van en su XML."""
    return fetch_all(db, _INVOICE_LINES, invoice_id=invoice_id)


def credit_note_lines(db: Database, credit_note_id: int) -> list[dict[str, Any]]:
    """Las líneas de una nota de crédito como van en su XML."""
    return fetch_all(db, _CREDIT_NOTE_LINES, credit_note_id=credit_note_id)


def locked_credit_note(db: Session, credit_note_id: int) -> CreditNote:
    """Una nota de crédito que existe, bloqueada hasta confirmar."""
    return db.get_one(CreditNote, credit_note_id, with_for_update=True, populate_existing=True)


def has_live_credit_notes(db: Database, invoice_id: int) -> bool:
    """Si una factura tiene notas de crédito vigentes."""
    live = select(CreditNote.credit_note_id).where(
        CreditNote.invoice_id == invoice_id, CreditNote.status == "ISSUED"
    )
    return bool(db.execute(select(live.exists())).scalar_one())


_TAXES = FixedQuery(
    select(CreditNoteTax.credit_note_id, CreditNoteTax.iva_rate, CreditNoteTax.base, CreditNoteTax.iva)
    .where(one_of_ids(CreditNoteTax.credit_note_id))
    .order_by(CreditNoteTax.credit_note_id, CreditNoteTax.iva_rate)
)


def taxes(db: Database, credit_note_id: int) -> list[dict[str, Any]]:
    """El IVA guardado de una nota de crédito, por tarifa."""
    return fetch_all(db, _TAXES, ids=[credit_note_id])
