"""Lo que el servicio de facturación acepta y devuelve: las facturas."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common.web.clinic_fields import PATIENT_NAME, QUANTITY, SUBTOTAL, CreatedAt, IvaPercent
from common.web.field_dates import Day
from common.web.field_numbers import IVA_RATE, Id, IvaRate, Number, PositiveAmount, PositiveQuantity, Price
from common.web.field_texts import Line, Reason
from common.web.field_words import Says
from common.web.schemas import In, Out, partial
from common.web.versions import Versioned
from facturacion_service.ledger.buyer import AdditionalFieldOut, AdditionalInfo, BuyerIn, BuyerOut, SeriesText
from facturacion_service.ledger.fields import (
    ADDITIONAL_INFO,
    ANNULLED_REASON,
    ANNULMENT_REASON,
    DISCOUNT,
    INVOICE_NUMBER,
    PRODUCT_DESCRIPTION,
    SERIES,
    UNIT_PRICE,
    Balance,
    CreditedAmount,
    IvaAmount,
    PaidAmount,
    TotalAmount,
)
from facturacion_service.ledger.schemas import MAX_ITEMS, PaymentMethod, SriOut, Status, TaxOut


class ItemIn(In):
    """Una línea; con producto o tratamiento, lo que falta se toma de él."""

    description: Annotated[Line | None, PRODUCT_DESCRIPTION] = None
    quantity: Annotated[PositiveQuantity, QUANTITY] = Decimal(1)
    unit_price: Annotated[Price | None, UNIT_PRICE] = None
    discount: Annotated[Price, DISCOUNT] = Decimal(0)
    iva_rate: Annotated[IvaRate | None, IVA_RATE] = None
    product_id: Id | None = None
    treatment_id: Id | None = None


class InvoiceIn(In):
    """Una factura nueva: de una visita, de unas líneas, o la forma corta con subtotal e iva_rate."""

    patient_id: Id | None = None
    buyer: BuyerIn | None = None
    appointment_id: Id | None = None
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    subtotal: Annotated[PositiveAmount | None, SUBTOTAL] = None
    iva_rate: Annotated[IvaRate | None, IVA_RATE] = None
    payment_method: PaymentMethod = "EFECTIVO"
    issue_date: Day | None = None
    additional_info: Annotated[AdditionalInfo | None, ADDITIONAL_INFO] = None
    status: Annotated[Literal["DRAFT", "ISSUED"], Says(example="ISSUED")] = "DRAFT"
    series: Annotated[SeriesText | None, SERIES] = None


class _DraftIn(InvoiceIn):
    """Lo que cambia de un borrador: sus líneas y montos se reemplazan, no se vacían."""

    items: Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_ITEMS)]
    subtotal: Annotated[PositiveAmount, SUBTOTAL]
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
    reason: Annotated[Reason | None, ANNULMENT_REASON] = None
    payment_method: PaymentMethod | None = None
    series: Annotated[SeriesText | None, SERIES] = None


class ItemOut(Out):
    """Una línea de factura; montos en dólares."""

    item_id: int
    description: Annotated[str, PRODUCT_DESCRIPTION]
    quantity: Annotated[Number, QUANTITY]
    unit_price: Annotated[Number, UNIT_PRICE]
    discount: Annotated[Number, DISCOUNT]
    iva_rate: IvaPercent
    subtotal: Annotated[Number, SUBTOTAL]
    product_id: int | None
    treatment_id: int | None


class InvoiceOut(Out):
    """Una factura; montos en dólares. `sri` es null si no tiene comprobante electrónico.

    `paid_amount` es lo cobrado, `credited_amount` lo devuelto por notas de crédito y `balance` lo que falta:
    cero mientras es un borrador, al saldarla y al anularla. `refund_amount` es lo cobrado de más tras una
    nota de crédito, que se debe al comprador.
    """

    invoice_id: int
    invoice_number: Annotated[str | None, INVOICE_NUMBER]
    patient_id: int | None
    patient_name: Annotated[str | None, PATIENT_NAME]
    appointment_id: int | None
    issue_date: date
    buyer: BuyerOut
    items: list[ItemOut]
    subtotal: Annotated[Number, SUBTOTAL]
    discount: Annotated[Number, DISCOUNT]
    iva_amount: IvaAmount
    total_amount: TotalAmount
    paid_amount: PaidAmount
    credited_amount: CreditedAmount
    balance: Balance
    refund_amount: Annotated[Number, Says("Lo que hay que devolver al comprador, en dólares.")]
    taxes: list[TaxOut]
    payment_method: PaymentMethod
    additional_info: Annotated[list[AdditionalFieldOut], ADDITIONAL_INFO]
    status: Status
    annulled_reason: Annotated[str | None, ANNULLED_REASON]
    sri: SriOut | None
    created_at: CreatedAt
    issued_at: datetime | None
    paid_at: datetime | None
    annulled_at: datetime | None


class StatusTotalOut(Out):
    """Las facturas de un estado."""

    status: Status
    invoice_count: int
    total_amount: TotalAmount


class PaymentTotalOut(Out):
    """Las facturas de una forma de pago."""

    payment_method: PaymentMethod
    invoice_count: int
    total_amount: TotalAmount


class CreditedTotalsOut(Out):
    """Lo que devolvieron las notas de crédito vigentes, en dólares."""

    credit_note_count: int
    subtotal: Annotated[Number, SUBTOTAL]
    iva_amount: IvaAmount
    total_amount: TotalAmount
    by_iva_rate: list[TaxOut]


class NetTotalsOut(Out):
    """Lo facturado menos lo devuelto, en dólares; negativo si se devolvió más."""

    subtotal: Annotated[Number, SUBTOTAL]
    iva_amount: IvaAmount
    total_amount: TotalAmount


class InvoiceTotalsOut(Out):
    """Los totales de las facturas emitidas y cobradas; por estado, los de todas.

    `credited` es lo devuelto por notas de crédito y `net`, lo facturado menos eso.
    """

    invoice_count: int
    subtotal: Annotated[Number, SUBTOTAL]
    iva_amount: IvaAmount
    total_amount: TotalAmount
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
