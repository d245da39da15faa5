"""Las filas que los recursos comparten: facturas, cobros, comprobantes y totales."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict, TypeVar, cast

from facturacion_service.ledger.schemas import Status
from facturacion_service.sri.xml.documents import DocumentStatus, Environment

Shape = TypeVar("Shape")


class Buyer(TypedDict):
    """Quien compra: su identificación, su nombre y dónde se le escribe."""

    id_type: str
    id_number: str
    name: str
    email: str | None
    address: str | None


class BuyerColumns(TypedDict):
    """Las columnas en que se copian los datos de quien compra."""

    buyer_id_type: str
    buyer_id_number: str
    buyer_name: str
    buyer_email: str | None
    buyer_address: str | None


class InvoiceHead(TypedDict):
    """Lo que una factura tiene igual guardada que respondida; montos en dólares."""

    invoice_id: int
    invoice_number: str | None
    patient_id: int | None
    patient_name: str | None
    appointment_id: int | None
    issue_date: date
    subtotal: Decimal
    discount: Decimal
    iva_amount: Decimal
    total_amount: Decimal
    paid_amount: Decimal
    credited_amount: Decimal
    balance: Decimal
    refund_amount: Decimal
    payment_method: str
    additional_info: list[dict[str, str]]
    status: Status
    annulled_reason: str | None
    created_at: datetime
    issued_at: datetime | None
    paid_at: datetime | None
    annulled_at: datetime | None


class InvoiceRow(InvoiceHead, BuyerColumns):
    """Una factura como se guarda, sin sus líneas."""


class ItemRow(TypedDict):
    """Una línea de factura."""

    item_id: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    iva_rate: int
    subtotal: Decimal
    product_id: int | None
    treatment_id: int | None


class InvoiceItemRow(ItemRow):
    """Una línea y su factura."""

    invoice_id: int


class TaxRow(TypedDict):
    """El IVA de una tarifa, en dólares."""

    iva_rate: int
    base: Decimal
    iva: Decimal


class InvoiceTaxRow(TaxRow):
    """El IVA de una tarifa y su factura."""

    invoice_id: int


class SummaryRow(TypedDict):
    """Un comprobante electrónico, resumido; `delivery` es su último correo."""

    document_id: int
    environment: Environment
    access_key: str
    status: DocumentStatus
    authorization_number: str | None
    authorized_at: datetime | None
    messages: list[dict[str, Any]]
    attention: str | None
    sent_at: datetime | None
    next_attempt_at: datetime | None
    voided_at: datetime | None
    voided_reason: str | None
    delivery: dict[str, Any] | None


class OwnedSummaryRow(SummaryRow):
    """Un comprobante y su factura o nota."""

    owner: int


class InvoiceParts(TypedDict):
    """Lo que cuelga de unas facturas."""

    items: list[InvoiceItemRow]
    taxes: list[InvoiceTaxRow]
    documents: list[OwnedSummaryRow]


class WholeInvoiceRow(InvoiceRow, InvoiceParts):
    """Una factura como se guarda, con lo que cuelga de ella."""


class InvoiceView(InvoiceHead):
    """Una factura como se responde."""

    buyer: Buyer
    items: list[ItemRow]
    taxes: list[TaxRow]
    sri: SummaryRow | None


class PaymentRow(TypedDict):
    """Un cobro; monto en dólares."""

    payment_id: int
    invoice_id: int
    amount: Decimal
    payment_method: str
    payment_date: date
    reference: str | None
    received_by: int
    received_by_name: str
    created_at: datetime


class SumsRow(TypedDict):
    """Lo que suman unos documentos, en dólares."""

    subtotal: Decimal
    iva_amount: Decimal
    total_amount: Decimal


class BilledRow(SumsRow):
    """Lo que suman unas facturas."""

    invoice_count: int


class CreditedRow(SumsRow):
    """Lo que suman unas notas de crédito."""

    credit_note_count: int


class StatusTotalRow(TypedDict):
    """Las facturas de un estado."""

    status: str
    invoice_count: int
    total_amount: Decimal


class MethodTotalRow(TypedDict):
    """Las facturas de una forma de pago."""

    payment_method: str
    invoice_count: int
    total_amount: Decimal


class TotalsRow(TypedDict):
    """Los totales de un período; `billed` y `credited` traen una sola fila."""

    billed: list[BilledRow]
    by_status: list[StatusTotalRow]
    by_iva_rate: list[TaxRow]
    by_payment_method: list[MethodTotalRow]
    credited: list[CreditedRow]
    credited_by_iva_rate: list[TaxRow]


class NumberRow(TypedDict):
    """Un número tomado de su contador."""

    last_number: int


def only(shape: type[Shape], row: Mapping[str, Any]) -> Shape:
    """Lo que una fila tiene de una forma más corta."""
    # Sin la conversión mypy no sabe que un diccionario armado con los nombres de una forma la cumple.
    return cast(Shape, {name: row[name] for name in shape.__annotations__})


def buyer_of(row: BuyerColumns) -> Buyer:
    """Quien compra, de las columnas `buyer_…` de una fila."""
    return {
        "id_type": row["buyer_id_type"],
        "id_number": row["buyer_id_number"],
        "name": row["buyer_name"],
        "email": row["buyer_email"],
        "address": row["buyer_address"],
    }
