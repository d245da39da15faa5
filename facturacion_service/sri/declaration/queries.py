"""Las consultas de lo que se declara al SRI: ventas y notas de crédito, por tarifa y una por una, y sus
comprobantes. Desde que la clínica factura en PRODUCCION, lo de pruebas no está, salvo donde se diga."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, case, func, literal, or_, select

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.lists.listing import Listing, Rows
from common.sql.statements import ValueQuery, VaryingQuery, columns
from common.tables.base import MONEY
from common.tables.credit_notes import CreditNote, CreditNoteTax
from common.tables.facturacion import Invoice, InvoiceTax
from common.tables.sri import SriDocument
from common.web.schemas import Payload, Query
from facturacion_service.ledger.periods import Period
from facturacion_service.models import CREDIT, INCOME, counts
from facturacion_service.sri.declaration.form_104 import RateTotal
from facturacion_service.sri.declaration.rows import AuthorizedRow, DocumentCounts, NoteRow, SaleRow
from facturacion_service.sri.declaration.schemas import SalesBookQuery
from facturacion_service.sri.documents.queries import DELIVERED_XML

# Las columnas del libro de ventas: qué tarifa va en cada una. Las demás, que una clínica no vende, van en 0.
BASES = {"base_0": 0, "base_15": 15}

_NOTHING = literal(Decimal("0.00"), MONEY)


@dataclass(frozen=True)
class SeriesFilter:
    """De qué establecimiento y punto de emisión, tres dígitos cada uno; `None`, de todos."""

    establishment: str | None = None
    emission_point: str | None = None


ALL_SERIES = SeriesFilter()


def if_asked(column: Any, name: str) -> ColumnElement[bool]:
    """Que una columna valga lo que se pide con ese nombre, si se pide algo."""
    asked = bindparam(name, None, String())
    return or_(asked.is_(None), column == asked)


def _dated(column: Any) -> ColumnElement[bool]:
    """Que una fecha esté en el período."""
    dated: ColumnElement[bool] = column.between(bindparam("date_from"), bindparam("date_to"))
    return dated


def _of_series(number: Any) -> ColumnElement[bool]:
    """Que un número legal, 001-002-000000123, sea de la serie que se pide."""
    parts = ((1, "establishment"), (5, "emission_point"))
    return and_(*(if_asked(func.substr(number, start, 3), name) for start, name in parts))


_INVOICED = and_(_dated(Invoice.issue_date), INCOME, _of_series(Invoice.invoice_number))
_CREDITED = and_(_dated(CreditNote.issue_date), CREDIT, _of_series(CreditNote.credit_note_number))


def _by_rate(tax: Any, owner: Any, key: Any, counted: ColumnElement[bool]) -> VaryingQuery[RateTotal]:
    sums = {"base": func.sum(tax.base), "iva": func.sum(tax.iva), "count": func.count()}
    totals = select(*columns(RateTotal, tax, rate=tax.iva_rate, on=owner.issue_date, **sums))
    each = tax.iva_rate, owner.issue_date
    totals = totals.join(owner, key).where(counted).group_by(*each).order_by(*each)
    return VaryingQuery(RateTotal, totals)


_SALES_BY_RATE = _by_rate(InvoiceTax, Invoice, Invoice.invoice_id == InvoiceTax.invoice_id, _INVOICED)
_CREDITS_BY_RATE = _by_rate(
    CreditNoteTax, CreditNote, CreditNote.credit_note_id == CreditNoteTax.credit_note_id, _CREDITED
)
_DOCUMENT_COUNTS = VaryingQuery(
    DocumentCounts,
    select(
        select(func.count()).select_from(Invoice).where(_INVOICED).scalar_subquery().label("invoice_count"),
        select(func.count())
        .select_from(CreditNote)
        .where(_CREDITED)
        .scalar_subquery()
        .label("credit_note_count"),
    ),
)


def sales_by_rate(db: Database, period: Period, series: SeriesFilter) -> list[RateTotal]:
    """Base, IVA y cuántas facturas de cada tarifa y día."""
    return fetch_all(db, _SALES_BY_RATE, **asdict(period), **asdict(series))


def credits_by_rate(db: Database, period: Period, series: SeriesFilter) -> list[RateTotal]:
    """Base, IVA y cuántas notas de crédito de cada tarifa y día."""
    return fetch_all(db, _CREDITS_BY_RATE, **asdict(period), **asdict(series))


def document_counts(db: Database, period: Period, series: SeriesFilter) -> DocumentCounts:
    """Cuántas facturas y notas de crédito hubo; una con dos tarifas es una sola."""
    found = fetch_one(db, _DOCUMENT_COUNTS, **asdict(period), **asdict(series))
    assert found is not None
    return found


def _document(owner: Any, *conditions: Any) -> Any:
    """El comprobante de cada documento: el vigente, o el último si ya no hay ninguno."""
    latest = select(func.max(SriDocument.document_id)).where(*conditions).correlate(owner)
    return SriDocument.document_id == latest.scalar_subquery()


INVOICE_DOCUMENT = _document(
    Invoice, SriDocument.invoice_id == Invoice.invoice_id, SriDocument.credit_note_id.is_(None)
)
NOTE_DOCUMENT = _document(CreditNote, SriDocument.credit_note_id == CreditNote.credit_note_id)


def _amounts(owner: Any, tax: Any, key: Any) -> dict[str, ColumnElement[Decimal]]:
    """Las bases, el IVA y el total; de lo anulado, cero: está en el libro solo por su número."""
    bases = {name: _base(tax, key, rate, owner) for name, rate in BASES.items()}
    values = {**bases, "iva_amount": owner.iva_amount, "total_amount": owner.total_amount}
    annulled = owner.status == "ANNULLED"
    return {name: case((annulled, _NOTHING), else_=value) for name, value in values.items()}


def _base(tax: Any, key: Any, rate: int, owner: Any) -> Any:
    base = select(tax.base).where(key, tax.iva_rate == rate).correlate(owner).scalar_subquery()
    return func.coalesce(base, _NOTHING)


_BUYER = (Invoice.buyer_id_type, Invoice.buyer_id_number, Invoice.buyer_name)
# Lo que no dicen la factura ni la nota: su comprobante, y las bases de lo que una clínica no vende.
_ELSEWHERE = {
    "access_key": SriDocument.access_key,
    "sri_status": SriDocument.status,
    "environment": SriDocument.environment,
    "base_not_subject": _NOTHING,
    "base_exempt": _NOTHING,
}
_SALES = (
    select(
        *columns(
            SaleRow,
            Invoice,
            number=Invoice.invoice_number,
            **_amounts(Invoice, InvoiceTax, InvoiceTax.invoice_id == Invoice.invoice_id),
            **_ELSEWHERE,
        )
    )
    .select_from(Invoice)
    .outerjoin(SriDocument, INVOICE_DOCUMENT)
    .where(Invoice.invoice_number.is_not(None), counts(Invoice))
)
_SALES_BOOK = Listing(
    SaleRow,
    "sales",
    _SALES.order_by(Invoice.issue_date, Invoice.invoice_number),
    date_from=Invoice.issue_date >= bindparam("date_from"),
    date_to=Invoice.issue_date <= bindparam("date_to"),
)
_NOTES = (
    select(
        *columns(
            NoteRow,
            CreditNote,
            number=CreditNote.credit_note_number,
            modified_number=Invoice.invoice_number,
            modified_date=Invoice.issue_date,
            **{column.key: column for column in _BUYER},
            **_amounts(CreditNote, CreditNoteTax, CreditNoteTax.credit_note_id == CreditNote.credit_note_id),
            **_ELSEWHERE,
        )
    )
    .select_from(CreditNote)
    .join(Invoice, Invoice.invoice_id == CreditNote.invoice_id)
    .outerjoin(SriDocument, NOTE_DOCUMENT)
    .where(counts(CreditNote), _dated(CreditNote.issue_date))
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
    .where(_dated(SriDocument.issue_date))
)
_AUTHORIZED = (
    select(
        *columns(
            AuthorizedRow,
            SriDocument,
            signed_xml=DELIVERED_XML,
            is_annulled=SriDocument.voided_at.is_not(None),
        )
    )
    .where(SriDocument.status == "AUTORIZADO", _dated(SriDocument.issue_date))
    .order_by(SriDocument.issue_date, SriDocument.document_id)
)


def _counted(statement: Rows) -> ValueQuery[int]:
    return ValueQuery(int, select(func.count()).select_from(statement.subquery()))


_PENDING_COUNT = _counted(_PENDING)
_WITHOUT_DOCUMENT = [
    _counted(book.where(SriDocument.document_id.is_(None)))
    for book in (_SALES.where(_dated(Invoice.issue_date)), _NOTES)
]


def sales_page(db: Database, query: SalesBookQuery, period: Period) -> Payload:
    """Una página del libro de ventas."""
    return _SALES_BOOK.page(db, query, **asdict(period))


def sales_book(period: Period) -> Rows:
    """El libro de ventas: las facturas de un período, también las anuladas, por fecha y número."""
    return _SALES_BOOK.rows(Query(), **asdict(period))


def credit_notes(period: Period) -> Rows:
    """Las notas de crédito de un período, también las anuladas, por fecha y número."""
    dated = _NOTES.order_by(CreditNote.issue_date, CreditNote.credit_note_number)
    return dated.params(**asdict(period))


def pending(period: Period) -> Rows:
    """Los comprobantes de un período que el SRI todavía no autoriza."""
    dated = _PENDING.order_by(SriDocument.issue_date, SriDocument.document_id)
    return dated.params(**asdict(period))


def authorized(period: Period) -> Rows:
    """Los comprobantes autorizados de un período y sus bytes firmados, también los de pruebas y anulados.

    Sus filas son `AuthorizedRow`.
    """
    return _AUTHORIZED.params(**asdict(period))


def pending_count(db: Database, period: Period) -> int:
    """Cuántos comprobantes de un período no autoriza todavía el SRI."""
    return fetch_value(db, _PENDING_COUNT, **asdict(period)) or 0


def without_document_count(db: Database, period: Period) -> int:
    """Cuántas facturas y notas de crédito de un período no tienen comprobante electrónico."""
    return sum(fetch_value(db, count, **asdict(period)) or 0 for count in _WITHOUT_DOCUMENT)
