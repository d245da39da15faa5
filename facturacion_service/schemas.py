"""Lo que el servicio de facturación acepta y devuelve: las facturas."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from common.exports import Exportable
from common.field_dates import Day
from common.field_numbers import Id, IvaRate, Number, PositiveAmount, PositiveQuantity, Price, QueryId
from common.field_texts import Code, Email, Line, Reason, Search
from common.schemas import DateRange, In, Out, Page, partial
from common.validators import CONSUMIDOR_FINAL, DOCUMENT_RULES
from common.versions import Versioned

Status = Literal["DRAFT", "ISSUED", "PAID", "ANNULLED"]
PaymentMethod = Literal["EFECTIVO", "TARJETA_DEBITO", "TARJETA_CREDITO", "TRANSFERENCIA", "OTRO"]
BuyerIdType = Literal["RUC", "CEDULA", "PASAPORTE", "CONSUMIDOR_FINAL", "EXTERIOR"]

MAX_ITEMS = 200

# Ficha técnica SRI 2.34, tabla 6: tipos de identificación del comprador.
SRI_BUYER_CODES = {
    "04": "RUC",
    "05": "CEDULA",
    "06": "PASAPORTE",
    "07": "CONSUMIDOR_FINAL",
    "08": "EXTERIOR",
}


def _from_sri_code(value: Any) -> Any:
    return SRI_BUYER_CODES.get(value, value) if isinstance(value, str) else value


class BuyerIn(In):
    """Quien recibe la factura; el tipo también se admite como código del SRI (04 a 08)."""

    id_type: Annotated[BuyerIdType, BeforeValidator(_from_sri_code)]
    id_number: Annotated[Code, Field(validate_default=True)] = CONSUMIDOR_FINAL
    name: Line = "CONSUMIDOR FINAL"
    email: Email | None = None
    address: Line | None = None

    @field_validator("id_number")
    @classmethod
    def check_number(cls, value: str, info: ValidationInfo) -> str:
        """Comprueba el número según su tipo.

        :raises ValueError: la frase dice cuál regla no cumple.
        """
        kind = info.data.get("id_type")
        if kind and (kind == "CONSUMIDOR_FINAL") != (re.sub(r"\W", "", value) == CONSUMIDOR_FINAL):
            raise ValueError(f"{CONSUMIDOR_FINAL} es el número de consumidor final y de nadie más")
        if kind in DOCUMENT_RULES:
            return DOCUMENT_RULES[kind](value)
        if kind == "EXTERIOR" and not (value.isascii() and len(value) <= 20):
            raise ValueError("admite hasta 20 letras, dígitos o signos, sin tildes")
        return CONSUMIDOR_FINAL if kind == "CONSUMIDOR_FINAL" else value


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
    status: Literal["DRAFT", "ISSUED"] = "DRAFT"


class _DraftIn(InvoiceIn):
    """Lo que cambia de un borrador: sus líneas y montos se reemplazan, no se vacían."""

    items: Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_ITEMS)]
    subtotal: PositiveAmount
    iva_rate: IvaRate


InvoicePatch = partial(_DraftIn, "InvoicePatch")
INVOICE_VERSION = Versioned(
    "invoice",
    ("patient_id", "appointment_id", "issue_date", "buyer", "items", "payment_method", "status"),
)


class StatusIn(In):
    """El estado al que pasa la factura; anular exige el motivo."""

    status: Status
    reason: Reason | None = None
    payment_method: PaymentMethod | None = None


class InvoiceQuery(DateRange, Page, Exportable):
    """Filtros de la lista de facturas, por fecha de emisión."""

    status: Status | None = None
    patient_id: QueryId | None = None
    appointment_id: QueryId | None = None
    search: Search | None = None


class BuyerOut(Out):
    """Quien recibe la factura."""

    id_type: BuyerIdType
    id_number: str
    name: str
    email: str | None
    address: str | None


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


class TaxOut(Out):
    """El IVA de una tarifa, en dólares."""

    iva_rate: int
    base: Number
    iva: Number


class InvoiceOut(Out):
    """Una factura; montos en dólares.

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
    status: Status
    annulled_reason: str | None
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


class InvoiceTotalsOut(Out):
    """Los totales de las facturas emitidas y cobradas; por estado, los de todas."""

    invoice_count: int
    subtotal: Number
    iva_amount: Number
    total_amount: Number
    by_status: list[StatusTotalOut]
    by_iva_rate: list[TaxOut]
    by_payment_method: list[PaymentTotalOut]
