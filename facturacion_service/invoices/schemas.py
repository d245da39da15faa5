"""Lo que el servicio de facturación acepta y devuelve: las facturas."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common.web.field_dates import Day
from common.web.field_numbers import Id, IvaRate, Number, PositiveAmount, PositiveQuantity, Price
from common.web.field_texts import Line, Reason
from common.web.schemas import In, Out, partial
from common.web.versions import Versioned
from facturacion_service.ledger.buyer import AdditionalFieldOut, AdditionalInfo, BuyerIn, BuyerOut, SeriesText
from facturacion_service.ledger.schemas import MAX_ITEMS, PaymentMethod, SriOut, Status, TaxOut


class ItemIn(In):
    """Una línea; con producto o tratamiento, lo que falta se toma de él."""

    description: Line | None = None
    quantity: PositiveQuantity = Decimal(1)
    unit_price: Price | None = None
    discount: Price = Decimal(0)
    iva_rate: IvaRate | None = None
    product_id: Id | None = None
    treatment_id: Id | None = None


class InvoiceIn(In):
    """Una factura nueva: de una visita, de unas líneas, o la forma corta con subtotal e iva_rate."""

    patient_id: Id | None = None
    buyer: BuyerIn | None = None
    appointment_id: Id | None = None
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    subtotal: PositiveAmount | None = None
    iva_rate: IvaRate | None = None
    payment_method: PaymentMethod = "EFECTIVO"
    issue_date: Day | None = None
    additional_info: AdditionalInfo | None = None
    status: Literal["DRAFT", "ISSUED"] = "DRAFT"
    series: SeriesText | None = None


class _DraftIn(InvoiceIn):
    """Lo que cambia de un borrador: sus líneas y montos se reemplazan, no se vacían."""

    items: Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_ITEMS)]
    subtotal: PositiveAmount
    iva_rate: IvaRate


InvoicePatch = partial(_DraftIn, "InvoicePatch")
INVOICE_VERSION = Versioned(
    "invoice",
    (
        "patient_id",
        "appointment_id",
        "issue_date",
        "buyer",
        "items",
        "payment_method",
        "additional_info",
        "status",
    ),
)


class StatusIn(In):
    """El estado al que pasa la factura; anular exige el motivo y `series` solo va al emitir."""

    status: Status
    reason: Reason | None = None
    payment_method: PaymentMethod | None = None
    series: SeriesText | None = None


class ItemOut(Out):
    """Una línea de factura; montos en dólares."""

    item_id: int
    description: str
    quantity: Number
    unit_price: Number
    discount: Number
    iva_rate: int
    subtotal: Number
    product_id: int | None
    treatment_id: int | None


class InvoiceOut(Out):
    """Una factura; montos en dólares. `sri` es null si no tiene comprobante electrónico.

    `paid_amount` es lo cobrado, `credited_amount` lo devuelto por notas de crédito y `balance` lo que falta:
    cero mientras es un borrador, al saldarla y al anularla. `refund_amount` es lo cobrado de más tras una
    nota de crédito, que se debe al comprador.
    """

    invoice_id: int
    invoice_number: str | None
    patient_id: int | None
    patient_name: str | None
    appointment_id: int | None
    issue_date: date
    buyer: BuyerOut
    items: list[ItemOut]
    subtotal: Number
    discount: Number
    iva_amount: Number
    total_amount: Number
    paid_amount: Number
    credited_amount: Number
    balance: Number
    refund_amount: Number
    taxes: list[TaxOut]
    payment_method: PaymentMethod
    additional_info: list[AdditionalFieldOut]
    status: Status
    annulled_reason: str | None
    sri: SriOut | None
    created_at: datetime
    issued_at: datetime | None
    paid_at: datetime | None
    annulled_at: datetime | None


class StatusTotalOut(Out):
    """Las facturas de un estado."""

    status: Status
    invoice_count: int
    total_amount: Number


class PaymentTotalOut(Out):
    """Las facturas de una forma de pago."""

    payment_method: PaymentMethod
    invoice_count: int
    total_amount: Number


class CreditedTotalsOut(Out):
    """Lo que devolvieron las notas de crédito vigentes, en dólares."""

    credit_note_count: int
    subtotal: Number
    iva_amount: Number
    total_amount: Number
    by_iva_rate: list[TaxOut]


class NetTotalsOut(Out):
    """Lo facturado menos lo devuelto, en dólares; negativo si se devolvió más."""

    subtotal: Number
    iva_amount: Number
    total_amount: Number


class InvoiceTotalsOut(Out):
    """Los totales de las facturas emitidas y cobradas; por estado, los de todas.

    `credited` es lo devuelto por notas de crédito y `net`, lo facturado menos eso.
    """

    invoice_count: int
    subtotal: Number
    iva_amount: Number
    total_amount: Number
    by_status: list[StatusTotalOut]
    by_iva_rate: list[TaxOut]
    by_payment_method: list[PaymentTotalOut]
    credited: CreditedTotalsOut
    net: NetTotalsOut


INVOICE_TITLES = {
    "invoice_id": "Id",
    "invoice_number": "Número",
    "status": "Estado",
    "issue_date": "Fecha de emisión",
    "patient_id": "Id del paciente",
    "patient_name": "Paciente",
    "appointment_id": "Id de la cita",
    "buyer_id_type": "Tipo de identificación",
    "buyer_id_number": "Identificación",
    "buyer_name": "Comprador",
    "buyer_email": "Correo",
    "buyer_address": "Dirección",
    "subtotal": "Subtotal sin IVA",
    "discount": "Descuento",
    "iva_amount": "IVA",
    "total_amount": "Total",
    "paid_amount": "Cobrado",
    "credited_amount": "Notas de crédito",
    "balance": "Saldo",
    "refund_amount": "Por devolver",
    "payment_method": "Forma de pago",
    "issued_at": "Emitida",
    "paid_at": "Cobrada",
    "annulled_at": "Anulada",
    "annulled_reason": "Motivo de anulación",
}
