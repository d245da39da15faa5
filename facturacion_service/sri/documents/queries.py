"""Las consultas de los comprobantes electrónicos: en qué va cada uno y lo que su XML necesita."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, String, bindparam, case, cast, func, literal, select
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.listing import Listing
from common.sql.statements import FixedQuery, ValueQuery, columns, one_of_ids
from common.tables.credit_notes import CreditNote, CreditNoteItem, CreditNoteTax
from common.tables.facturacion import InvoiceItem
from common.tables.inventario import Product
from common.tables.sri import SriAnswer, SriDelivery, SriDocument
from common.web.schemas import Payload
from facturacion_service.ledger.summaries import SUMMARY
from facturacion_service.sri.documents.schemas import DocumentQuery
from facturacion_service.sri.exchange.answers import UNKNOWN
from facturacion_service.sri.rows import AnswerRow, CreditNoteTaxRow, DocumentRow, FileRow
from facturacion_service.sri.xml.documents import Line

__all__ = ["CreditNote", "SriAnswer", "SriDelivery", "SriDocument"]

DOCUMENT = SUMMARY.add_columns(
    SriDocument.doc_code,
    SriDocument.invoice_id,
    SriDocument.credit_note_id,
    SriDocument.document_number,
    SriDocument.issue_date,
)
_ONE = FixedQuery(DocumentRow, DOCUMENT.where(SriDocument.document_id == bindparam("document_id")))
_waits = SriDocument.attention.is_not(None) & SriDocument.voided_at.is_(None)
_DOCUMENTS = Listing(
    DocumentRow,
    "documents",
    DOCUMENT.order_by(SriDocument.document_id.desc()),
    date_from=SriDocument.issue_date >= bindparam("date_from"),
    date_to=SriDocument.issue_date <= bindparam("date_to"),
    status=SriDocument.status == bindparam("status"),
    environment=SriDocument.environment == bindparam("environment"),
    doc_code=SriDocument.doc_code == bindparam("doc_code"),
    needs_attention=_waits == bindparam("needs_attention"),
)
_ANSWERS = FixedQuery(
    AnswerRow,
    select(*columns(AnswerRow, SriAnswer))
    .where(SriAnswer.document_id == bindparam("document_id"))
    .order_by(SriAnswer.answer_id),
)
# Lo que se entrega: si el SRI autorizó otra versión de la firmada aquí, esa.
DELIVERED_XML = func.coalesce(SriDocument.authorized_xml, SriDocument.signed_xml).label("signed_xml")


def _latest_files(*whose: ColumnElement[bool]) -> FixedQuery[FileRow]:
    files = select(*columns(FileRow, SriDocument, signed_xml=DELIVERED_XML)).where(*whose)
    return FixedQuery(FileRow, files.order_by(SriDocument.document_id.desc()).limit(1))


_FILES = {
    "document_id": _latest_files(SriDocument.document_id == bindparam("document_id")),
    "invoice_id": _latest_files(
        SriDocument.invoice_id == bindparam("invoice_id"), SriDocument.credit_note_id.is_(None)
    ),
    "credit_note_id": _latest_files(SriDocument.credit_note_id == bindparam("credit_note_id")),
}

# Lo que va en «código principal»: el del producto, o uno propio del servicio.
_CODE = case(
    (Product.sku.is_not(None), Product.sku),
    (InvoiceItem.treatment_id.is_not(None), func.concat("TRAT-", cast(InvoiceItem.treatment_id, String))),
    else_=literal("SERVICIO"),
)
_INVOICE_LINES = FixedQuery(
    Line,
    select(*columns(Line, InvoiceItem, code=_CODE))
    .outerjoin(Product, Product.product_id == InvoiceItem.product_id)
    .where(InvoiceItem.invoice_id == bindparam("invoice_id"))
    .order_by(InvoiceItem.line_number),
)
_CREDIT_NOTE_LINES = FixedQuery(
    Line,
    select(*columns(Line, CreditNoteItem, code=_CODE))
    .join(InvoiceItem, InvoiceItem.item_id == CreditNoteItem.invoice_item_id)
    .outerjoin(Product, Product.product_id == InvoiceItem.product_id)
    .where(CreditNoteItem.credit_note_id == bindparam("credit_note_id"))
    .order_by(CreditNoteItem.line_number),
)
_TAXES = FixedQuery(
    CreditNoteTaxRow,
    select(*columns(CreditNoteTaxRow, CreditNoteTax))
    .where(one_of_ids(CreditNoteTax.credit_note_id))
    .order_by(CreditNoteTax.credit_note_id, CreditNoteTax.iva_rate),
)
_LAST_OUTCOME = ValueQuery(
    str,
    select(SriAnswer.outcome)
    .where(SriAnswer.document_id == bindparam("document_id"))
    .order_by(SriAnswer.answer_id.desc())
    .limit(1),
)
_HAS_LIVE_CREDIT_NOTES = ValueQuery(
    bool,
    select(
        select(CreditNote.credit_note_id)
        .where(CreditNote.invoice_id == bindparam("invoice_id"), CreditNote.status == "ISSUED")
        .exists()
    ),
)

Found = TypeVar("Found")


def document(db: Database, document_id: int) -> DocumentRow:
    """Un comprobante.

    :raises NotFound: si no existe.
    """
    return _found(fetch_one(db, _ONE, document_id=document_id))


def document_with_answers(db: Database, document_id: int) -> Payload:
    """Un comprobante con todo lo que el SRI contestó de él.

    :raises NotFound: si no existe.
    """
    answers = fetch_all(db, _ANSWERS, document_id=document_id)
    spoken = [{**row, "raw": row["raw"].decode("utf-8", "replace")} for row in answers]
    return {**document(db, document_id), "answers": spoken}


def documents_page(db: Database, query: DocumentQuery) -> Payload:
    """Una página de comprobantes, los más nuevos primero."""
    return _DOCUMENTS.page(db, query)


def files(db: Database, **owner: int) -> FileRow:
    """El XML de un comprobante y lo que hace falta para imprimirlo.

    :param owner: `invoice_id`, `credit_note_id` o `document_id`, uno de los tres.
    :raises NotFound: `sin_comprobante` si no tiene.
    """
    (name,) = owner
    return _found(fetch_one(db, _FILES[name], **owner))


def _found(row: Found | None) -> Found:
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
    return fetch_value(db, _LAST_OUTCOME, document_id=document.document_id) == UNKNOWN.state


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
    return document(db, document_id)["invoice_id"]


def invoice_lines(db: Database, invoice_id: int) -> list[Line]:
    """Las líneas de una factura como van en su XML."""
    return fetch_all(db, _INVOICE_LINES, invoice_id=invoice_id)


def credit_note_lines(db: Database, credit_note_id: int) -> list[Line]:
    """Las líneas de una nota de crédito como van en su XML."""
    return fetch_all(db, _CREDIT_NOTE_LINES, credit_note_id=credit_note_id)


def locked_credit_note(db: Session, credit_note_id: int) -> CreditNote:
    """Una nota de crédito que existe, bloqueada hasta confirmar."""
    return db.get_one(CreditNote, credit_note_id, with_for_update=True, populate_existing=True)


def has_live_credit_notes(db: Database, invoice_id: int) -> bool:
    """Si una factura tiene notas de crédito vigentes."""
    return bool(fetch_value(db, _HAS_LIVE_CREDIT_NOTES, invoice_id=invoice_id))


def taxes(db: Database, credit_note_id: int) -> list[CreditNoteTaxRow]:
    """El IVA guardado de una nota de crédito, por tarifa."""
    return fetch_all(db, _TAXES, ids=[credit_note_id])
