"""Las consultas de lo que se declara al SRI: ventas y notas de crédito, por tarifa y una por una, y sus
comprobantes. Desde que la clínica factura en PRODUCCION, lo de pruebas no está, salvo donde se diga."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, select, true

from common.database import Database, fetch_all, fetch_one
from common.lists.listing import within
from common.tables.base import MONEY
from common.tables.credit_notes import CreditNote, CreditNoteTax
from common.tables.facturacion import Invoice, InvoiceTax
from common.tables.sri import SriDocument
from facturacion_service.ledger.income import credited_in, invoiced_in
from facturacion_service.ledger.periods import Period
from facturacion_service.models import counts
from facturacion_service.sri.documents.queries import DELIVERED_XML

# Las columnas del libro de ventas: qué tarifa va en cada una. Las demás, que una clínica no vende, van en 0.
BASES = {"base_0": 0, "base_15": 15}

_NOTHING = literal(Decimal("0.00"), MONEY)


@dataclass(frozen=True)
class SeriesFilter:
    """De qué establecimiento y punto de emisión, tres dígitos cada uno; `None`, de todos."""

    establishment: str | None = None
    emission_point: str | None = None

    def matches(self, number: Any) -> Any:
        """La condición sobre un número legal, 001-002-000000123."""
        parts = ((1, self.establishment), (5, self.emission_point))
        return and_(true(), *(func.substr(number, start, 3) == part for start, part in parts if part))


ALL_SERIES = SeriesFilter()


def _invoiced_in(period: Period, series: SeriesFilter) -> Any:
    return invoiced_in(period) & series.matches(Invoice.invoice_number)


def _credited_in(period: Period, series: SeriesFilter) -> Any:
    return credited_in(period) & series.matches(CreditNote.credit_note_number)


def _by_rate(tax: Any, owner: Any, key: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            tax.iva_rate,
            owner.issue_date,
            func.sum(tax.base).label("base"),
            func.sum(tax.iva).label("iva"),
            func.count().label("count"),
        )
        .join(owner, key)
        .group_by(tax.iva_rate, owner.issue_date)
        .order_by(tax.iva_rate, owner.issue_date)
    )


def sales_by_rate(db: Database, period: Period, series: SeriesFilter) -> list[dict[str, Any]]:
    """Base, IVA y cuántas facturas de cada tarifa y día."""
    statement = _by_rate(InvoiceTax, Invoice, Invoice.invoice_id == InvoiceTax.invoice_id)
    return fetch_all(db, statement.where(_invoiced_in(period, series)))


def credits_by_rate(db: Database, period: Period, series: SeriesFilter) -> list[dict[str, Any]]:
    """Base, IVA y cuántas notas de crédito de cada tarifa y día."""
    statement = _by_rate(CreditNoteTax, CreditNote, CreditNote.credit_note_id == CreditNoteTax.credit_note_id)
    return fetch_all(db, statement.where(_credited_in(period, series)))


def document_counts(db: Database, period: Period, series: SeriesFilter) -> dict[str, Any]:
    """Cuántas facturas y notas de crédito hubo; una con dos tarifas es una sola."""
    invoices = select(func.count()).select_from(Invoice).where(_invoiced_in(period, series))
    notes = select(func.count()).select_from(CreditNote).where(_credited_in(period, series))
    both = select(
        invoices.scalar_subquery().label("invoice_count"),
        notes.scalar_subquery().label("credit_note_count"),
    )
    return fetch_one(db, both) or {}


def _document(owner: Any, *conditions: Any) -> Any:
    """El comprobante de cada documento: el vigente, o el último si ya no hay ninguno."""
    latest = select(func.max(SriDocument.document_id)).where(*conditions).correlate(owner)
    return SriDocument.document_id == latest.scalar_subquery()


INVOICE_DOCUMENT = _document(
    Invoice, SriDocument.invoice_id == Invoice.invoice_id, SriDocument.credit_note_id.is_(None)
)
NOTE_DOCUMENT = _document(CreditNote, SriDocument.credit_note_id == CreditNote.credit_note_id)


def _amounts(owner: Any, tax: Any, key: Any) -> list[Any]:
    """Las bases, el IVA y el total; de lo anulado, cero: está en el libro solo por su número."""
    annulled = owner.status == "ANNULLED"
    bases = [_base(tax, key, rate, owner).label(name) for name, rate in BASES.items()]
    values = [*bases, owner.iva_amount, owner.total_amount]
    return [case((annulled, _NOTHING), else_=value).label(value.key) for value in values]


def _base(tax: Any, key: Any, rate: int, owner: Any) -> Any:
    base = select(tax.base).where(key, tax.iva_rate == rate).correlate(owner).scalar_subquery()
    return func.coalesce(base, _NOTHING)


_BUYER = (Invoice.buyer_id_type, Invoice.buyer_id_number, Invoice.buyer_name)
_UNTAXED = (_NOTHING.label("base_not_subject"), _NOTHING.label("base_exempt"))
_STATE = (
    SriDocument.status.label("sri_status"),
    SriDocument.environment,
)
_SALES = (
    select(
        Invoice.issue_date,
        Invoice.invoice_number.label("number"),
        SriDocument.access_key,
        *_BUYER,
        *_amounts(Invoice, InvoiceTax, InvoiceTax.invoice_id == Invoice.invoice_id),
        *_UNTAXED,
        Invoice.status,
        *_STATE,
    )
    .select_from(Invoice)
    .outerjoin(SriDocument, INVOICE_DOCUMENT)
    .where(Invoice.invoice_number.is_not(None), counts(Invoice))
)
_NOTES = (
    select(
        CreditNote.issue_date,
        CreditNote.credit_note_number.label("number"),
        SriDocument.access_key,
        Invoice.invoice_number.label("modified_number"),
        Invoice.issue_date.label("modified_date"),
        *_BUYER,
        CreditNote.reason,
        *_amounts(CreditNote, CreditNoteTax, CreditNoteTax.credit_note_id == CreditNote.credit_note_id),
        *_UNTAXED,
        CreditNote.status,
        *_STATE,
    )
    .select_from(CreditNote)
    .join(Invoice, Invoice.invoice_id == CreditNote.invoice_id)
    .outerjoin(SriDocument, NOTE_DOCUMENT)
    .where(counts(CreditNote))
)
_PENDING = (
    select(
        SriDocument.issue_date,
        SriDocument.doc_code,
        SriDocument.document_number.label("number"),
        SriDocument.access_key,
        *_BUYER,
        func.coalesce(CreditNote.total_amount, Invoice.total_amount).label("total_amount"),
        SriDocument.status.label("sri_status"),
        SriDocument.attention,
        SriDocument.messages,
        SriDocument.environment,
    )
    .join(Invoice, Invoice.invoice_id == SriDocument.invoice_id)
    .outerjoin(CreditNote, CreditNote.credit_note_id == SriDocument.credit_note_id)
    .where(SriDocument.status != "AUTORIZADO", SriDocument.voided_at.is_(None))
    .where(case((CreditNote.credit_note_id.is_(None), counts(Invoice)), else_=counts(CreditNote)))
)


def sales_book(period: Period) -> Select[*tuple[Any, ...]]:
    """El libro de ventas: las facturas de un período, también las anuladas, por fecha y número."""
    dated = within(Invoice.issue_date, period.date_from, period.date_to)
    return _SALES.where(dated).order_by(Invoice.issue_date, Invoice.invoice_number)


def credit_notes(period: Period) -> Select[*tuple[Any, ...]]:
    """Las notas de crédito de un período, también las anuladas, por fecha y número."""
    dated = within(CreditNote.issue_date, period.date_from, period.date_to)
    return _NOTES.where(dated).order_by(CreditNote.issue_date, CreditNote.credit_note_number)


def pending(period: Period) -> Select[*tuple[Any, ...]]:
    """Los comprobantes de un período que el SRI todavía no autoriza."""
    dated = within(SriDocument.issue_date, period.date_from, period.date_to)
    return _PENDING.where(dated).order_by(SriDocument.issue_date, SriDocument.document_id)


def authorized(period: Period) -> Select[*tuple[Any, ...]]:
    """Los comprobantes autorizados de un período y sus bytes firmados, también los de pruebas y anulados."""
    dated = within(SriDocument.issue_date, period.date_from, period.date_to)
    return (
        select(
            SriDocument.doc_code,
            SriDocument.environment,
            SriDocument.access_key,
            SriDocument.authorization_number,
            SriDocument.authorized_at,
            DELIVERED_XML,
            SriDocument.voided_at.is_not(None).label("is_annulled"),
        )
        .where(SriDocument.status == "AUTORIZADO", dated)
        .order_by(SriDocument.issue_date, SriDocument.document_id)
    )


def without_document(book: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """De un libro, lo que no tiene comprobante electrónico."""
    return book.where(SriDocument.document_id.is_(None))


def count_rows(db: Database, statement: Select[*tuple[Any, ...]]) -> int:
    """Cuántas filas tiene una consulta."""
    rows = statement.order_by(None).subquery()
    return int(db.execute(select(func.count()).select_from(rows)).scalar_one())
