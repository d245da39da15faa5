"""Las facturas como se leen: con sus líneas, sus impuestos y su comprobante."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.daily_lists import Daily
from common.lists.listing import Listing, Rows, matches_words
from common.sql.statements import FixedQuery, columns, one_of_ids
from common.tables.facturacion import Invoice, InvoiceItem, InvoiceTax
from common.tables.historia_clinica import Patient
from common.web.schemas import Payload
from facturacion_service.ledger import summaries
from facturacion_service.ledger.balances import BALANCE, CREDITED_AMOUNT, PAID_AMOUNT, REFUND_AMOUNT
from facturacion_service.ledger.rows import (
    InvoiceHead,
    InvoiceItemRow,
    InvoiceParts,
    InvoiceRow,
    InvoiceTaxRow,
    InvoiceView,
    ItemRow,
    Shape,
    SummaryRow,
    TaxRow,
    WholeInvoiceRow,
    buyer_of,
    only,
)
from facturacion_service.ledger.schemas import InvoiceQuery

INVOICE = select(
    *columns(
        InvoiceRow,
        Invoice,
        patient_name=Patient.full_name,
        paid_amount=PAID_AMOUNT,
        credited_amount=CREDITED_AMOUNT,
        balance=BALANCE,
        refund_amount=REFUND_AMOUNT,
    )
).outerjoin(Patient, Patient.patient_id == Invoice.patient_id)


_SEARCHED = (
    func.coalesce(Invoice.invoice_number, "")
    .op("||")(" ")
    .op("||")(Invoice.buyer_name)
    .op("||")(" ")
    .op("||")(Invoice.buyer_id_number)
)


_INVOICES = Listing(
    InvoiceRow,
    "invoices",
    INVOICE,
    Daily("INVOICES", Invoice.issue_date, Invoice.invoice_id, subject="status"),
    status=Invoice.status == bindparam("status"),
    patient_id=Invoice.patient_id == bindparam("patient_id"),
    appointment_id=Invoice.appointment_id == bindparam("appointment_id"),
    date_from=Invoice.issue_date >= bindparam("date_from"),
    date_to=Invoice.issue_date <= bindparam("date_to"),
    search=lambda words: matches_words(_SEARCHED, words),
)


_ITEMS = FixedQuery(
    InvoiceItemRow,
    select(*columns(InvoiceItemRow, InvoiceItem))
    .where(one_of_ids(InvoiceItem.invoice_id))
    .order_by(InvoiceItem.invoice_id, InvoiceItem.line_number),
)


_TAXES = FixedQuery(
    InvoiceTaxRow,
    select(*columns(InvoiceTaxRow, InvoiceTax))
    .where(one_of_ids(InvoiceTax.invoice_id))
    .order_by(InvoiceTax.invoice_id, InvoiceTax.iva_rate),
)


# Las partes de unas facturas: con la suya cada una, o las de toda una página, en un solo viaje.
_PARTS: dict[str, FixedQuery[Any]] = {"items": _ITEMS, "taxes": _TAXES, "documents": summaries.OF_INVOICES}


_ONE = FixedQuery(WholeInvoiceRow, INVOICE.where(one_of_ids(Invoice.invoice_id)), **_PARTS)


_PARTS_OF_PAGE = FixedQuery(InvoiceParts, select(), **_PARTS)


def invoice(db: Database, invoice_id: int) -> InvoiceView:
    """Una factura con sus líneas e impuestos.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE, ids=[invoice_id])
    if row is None:
        raise NotFound("La factura no existe.")
    return _complete([row], row)[0]


def invoices(query: InvoiceQuery) -> Rows:
    """Las facturas de un filtro, sin sus líneas, las más nuevas primero."""
    return _INVOICES.rows(query)


def invoices_page(db: Database, query: InvoiceQuery) -> Payload:
    """Una página de facturas con sus líneas e impuestos, las más nuevas primero."""

    def complete(rows: list[InvoiceRow]) -> list[InvoiceView]:
        parts = fetch_one(db, _PARTS_OF_PAGE, ids=[row["invoice_id"] for row in rows])
        assert parts is not None
        return _complete(rows, parts)

    return _INVOICES.page(db, query, complete=complete)


def _complete(rows: Sequence[InvoiceRow], parts: InvoiceParts) -> list[InvoiceView]:
    """Añade a cada factura sus líneas, sus impuestos y su comprobante, y agrupa al comprador."""
    items = grouped(ItemRow, parts["items"], "invoice_id")
    taxes = grouped(TaxRow, parts["taxes"], "invoice_id")
    documents = {row["owner"]: only(SummaryRow, row) for row in parts["documents"]}
    return [
        {
            **only(InvoiceHead, row),
            "buyer": buyer_of(row),
            "items": items[row["invoice_id"]],
            "taxes": taxes[row["invoice_id"]],
            "sri": documents.get(row["invoice_id"]),
        }
        for row in rows
    ]


def grouped(shape: type[Shape], rows: Iterable[Mapping[str, Any]], owner: str) -> dict[int, list[Shape]]:
    """Las filas de varios documentos, las de cada uno juntas y con la forma en que se responden.

    :param owner: la columna que dice de qué documento es cada una.
    """
    groups: defaultdict[int, list[Shape]] = defaultdict(list)
    for row in rows:
        groups[row[owner]].append(only(shape, row))
    return groups


def taxes(db: Database, invoice_id: int) -> list[InvoiceTaxRow]:
    """El IVA guardado de una factura, por tarifa."""
    return fetch_all(db, _TAXES, ids=[invoice_id])


def iva_rates(db: Database, invoice_id: int) -> list[int]:
    """Las tarifas de IVA que lleva una factura."""
    return [row["iva_rate"] for row in taxes(db, invoice_id)]
