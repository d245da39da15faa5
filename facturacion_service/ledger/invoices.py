"""Las facturas como se leen: con sus líneas, sus impuestos y su comprobante."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, func, select, true

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.daily_lists import Daily
from common.lists.listing import Listing, Rows, matches_words
from common.sql.statements import FixedQuery, one_of_ids
from common.tables.facturacion import Invoice, InvoiceItem, InvoiceTax
from common.tables.historia_clinica import Patient
from common.web.schemas import Payload
from facturacion_service.ledger import summaries
from facturacion_service.ledger.balances import BALANCE, CREDITED_AMOUNT, PAID_AMOUNT, REFUND_AMOUNT
from facturacion_service.ledger.schemas import InvoiceQuery
from facturacion_service.models import BUYER

INVOICE = select(
    Invoice.invoice_id,
    Invoice.invoice_number,
    Invoice.patient_id,
    Patient.full_name.label("patient_name"),
    Invoice.appointment_id,
    Invoice.issue_date,
    Invoice.buyer_id_type,
    Invoice.buyer_id_number,
    Invoice.buyer_name,
    Invoice.buyer_email,
    Invoice.buyer_address,
    Invoice.subtotal,
    Invoice.discount,
    Invoice.iva_amount,
    Invoice.total_amount,
    PAID_AMOUNT.label("paid_amount"),
    CREDITED_AMOUNT.label("credited_amount"),
    BALANCE.label("balance"),
    REFUND_AMOUNT.label("refund_amount"),
    Invoice.payment_method,
    Invoice.additional_info,
    Invoice.status,
    Invoice.annulled_reason,
    Invoice.created_at,
    Invoice.issued_at,
    Invoice.paid_at,
    Invoice.annulled_at,
).outerjoin(Patient, Patient.patient_id == Invoice.patient_id)


_SEARCHED = (
    func.coalesce(Invoice.invoice_number, "")
    .op("||")(" ")
    .op("||")(Invoice.buyer_name)
    .op("||")(" ")
    .op("||")(Invoice.buyer_id_number)
)


_INVOICES = Listing(
    dict,
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
    select(
        InvoiceItem.invoice_id,
        InvoiceItem.item_id,
        InvoiceItem.description,
        InvoiceItem.quantity,
        InvoiceItem.unit_price,
        InvoiceItem.discount,
        InvoiceItem.iva_rate,
        InvoiceItem.subtotal,
        InvoiceItem.product_id,
        InvoiceItem.treatment_id,
    )
    .where(one_of_ids(InvoiceItem.invoice_id))
    .order_by(InvoiceItem.invoice_id, InvoiceItem.line_number)
)


_TAXES = FixedQuery(
    select(InvoiceTax.invoice_id, InvoiceTax.iva_rate, InvoiceTax.base, InvoiceTax.iva)
    .where(one_of_ids(InvoiceTax.invoice_id))
    .order_by(InvoiceTax.invoice_id, InvoiceTax.iva_rate)
)


# Las partes de unas facturas: con la suya cada una, o las de toda una página, en un solo viaje.
_PARTS = {"items": _ITEMS, "taxes": _TAXES, "documents": summaries.OF_INVOICES}


_ONE = FixedQuery(INVOICE.where(one_of_ids(Invoice.invoice_id)), **_PARTS)


_PARTS_OF_PAGE = FixedQuery(select(true()), **_PARTS)


def invoice(db: Database, invoice_id: int) -> dict[str, Any]:
    """Una factura con sus líneas e impuestos.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE, ids=[invoice_id])
    if row is None:
        raise NotFound("La factura no existe.")
    parts = {name: row.pop(name) for name in _PARTS}
    return _complete([row], parts)[0]


def invoices(query: InvoiceQuery) -> Rows:
    """Las facturas de un filtro, sin sus líneas, las más nuevas primero."""
    return _INVOICES.rows(query)


def invoices_page(db: Database, query: InvoiceQuery) -> Payload:
    """Una página de facturas con sus líneas e impuestos, las más nuevas primero."""

    def complete(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = [row["invoice_id"] for row in rows]
        parts = fetch_one(db, _PARTS_OF_PAGE, ids=ids)
        return _complete(rows, parts or {})

    return _INVOICES.page(db, query, complete=complete)


def _complete(rows: list[dict[str, Any]], parts: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Añade a cada factura sus líneas, sus impuestos y su comprobante, y agrupa al comprador."""
    items, taxes = (grouped(parts[name], "invoice_id") for name in ("items", "taxes"))
    documents = {row.pop("owner"): row for row in parts["documents"]}
    return [
        {
            **with_buyer(row),
            "items": items[row["invoice_id"]],
            "taxes": taxes[row["invoice_id"]],
            "sri": documents.get(row["invoice_id"]),
        }
        for row in rows
    ]


def with_buyer(row: dict[str, Any]) -> dict[str, Any]:
    """Una fila con sus columnas `buyer_…` juntas en `buyer`."""
    buyer = {key: row.pop(f"buyer_{key}") for key in BUYER}
    return {**row, "buyer": buyer}


def grouped(rows: list[dict[str, Any]], key: str) -> dict[int, list[dict[str, Any]]]:
    """Las filas de varios documentos, las de cada uno juntas y sin su identificador, que es `key`."""
    groups: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row.pop(key)].append(row)
    return groups


def taxes(db: Database, invoice_id: int) -> list[dict[str, Any]]:
    """El IVA guardado de una factura, por tarifa."""
    return fetch_all(db, _TAXES, ids=[invoice_id])


def iva_rates(db: Database, invoice_id: int) -> list[int]:
    """Las tarifas de IVA que lleva una factura."""
    return [row["iva_rate"] for row in taxes(db, invoice_id)]
