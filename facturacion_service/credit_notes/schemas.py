"""Lo que aceptan y devuelven las notas de crédito."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from common.lists.exports import Exportable
from common.web.clinic_fields import PATIENT_NAME, QUANTITY, SUBTOTAL, CreatedAt, CreatedByName, IvaPercent
from common.web.field_numbers import Id, Number, PositiveAmount, PositiveQuantity, QueryId
from common.web.field_texts import Reason, Search, Text
from common.web.field_words import Says
from common.web.schemas import DateRange, In, Out, Page
from facturacion_service.ledger.buyer import BuyerOut, SeriesText
from facturacion_service.ledger.fields import (
    ANNULLED_REASON,
    ANNULMENT_REASON,
    DISCOUNT,
    INVOICE_NUMBER,
    PRODUCT_DESCRIPTION,
    SERIES,
    UNIT_PRICE,
    IvaAmount,
    TotalAmount,
)
from facturacion_service.ledger.schemas import MAX_ITEMS, SriOut, TaxOut

# Lo que dicen estos campos, entren o salgan.
RETURN_REASON = Says(example="Producto devuelto")


CreditNoteStatus = Literal["ISSUED", "ANNULLED"]
# Va en el documento: «motivo», hasta 300 caracteres en una línea (esquema de la nota de crédito 1.1.0).
DocumentReason = Annotated[str, Text(300)]


class CreditItemIn(In):
    """Lo que se devuelve de una línea: una cantidad, o una rebaja del precio; sin ninguna, lo que quede.

    `amount` va en dólares y sin IVA, y no devuelve nada a inventario.
    """

    item_id: Id
    quantity: Annotated[PositiveQuantity | None, QUANTITY] = None
    amount: Annotated[PositiveAmount | None, Says("Dólares.", example=None)] = None

    @field_validator("amount")
    @classmethod
    def _check_one(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if value is not None and info.data.get("quantity") is not None:
            raise ValueError("no se combina con quantity")
        return value


class CreditNoteIn(In):
    """Una nota de crédito nueva; sin `items`, todo lo que falta devolver de la factura.

    Sin `series`, la de la factura.
    """

    reason: Annotated[DocumentReason, RETURN_REASON]
    items: Annotated[list[CreditItemIn], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    restock: bool = True
    series: Annotated[SeriesText | None, SERIES] = None


class AnnulmentIn(In):
    """La anulación de una nota de crédito y su motivo."""

    status: Literal["ANNULLED"]
    reason: Annotated[Reason, ANNULMENT_REASON]


class CreditNoteQuery(DateRange, Page, Exportable):
    """Filtros de la lista de notas de crédito, por fecha de emisión."""

    status: CreditNoteStatus | None = None
    patient_id: QueryId | None = None
    search: Search | None = None


class CreditNoteItemOut(Out):
    """Una línea de nota de crédito, en dólares y sin IVA; `invoice_item_id` es la de la factura.

    `quantity` es la del documento y `returned_quantity` lo devuelto de verdad: cero en una rebaja.
    """

    item_id: int
    invoice_item_id: int
    description: Annotated[str, PRODUCT_DESCRIPTION]
    quantity: Annotated[Number, QUANTITY]
    returned_quantity: Annotated[Number, Says("Lo devuelto de verdad, en la unidad del producto.")]
    unit_price: Annotated[Number, UNIT_PRICE]
    discount: Annotated[Number, DISCOUNT]
    iva_rate: IvaPercent
    subtotal: Annotated[Number, SUBTOTAL]
    product_id: int | None
    treatment_id: int | None


class CreditNoteOut(Out):
    """Una nota de crédito; montos en dólares. El comprador y el paciente son los de su factura.

    `restocked` dice si algo volvió a inventario; `sri` es null si no tiene comprobante electrónico.
    """

    credit_note_id: int
    credit_note_number: Annotated[str, Says(example="001-001-000000012")]
    invoice_id: int
    invoice_number: Annotated[str, INVOICE_NUMBER]
    patient_id: int | None
    patient_name: Annotated[str | None, PATIENT_NAME]
    buyer: BuyerOut
    issue_date: date
    reason: Annotated[str, RETURN_REASON]
    restocked: bool
    items: list[CreditNoteItemOut]
    taxes: list[TaxOut]
    subtotal: Annotated[Number, SUBTOTAL]
    iva_amount: IvaAmount
    total_amount: TotalAmount
    status: CreditNoteStatus
    annulled_reason: Annotated[str | None, ANNULLED_REASON]
    annulled_at: datetime | None
    created_at: CreatedAt
    created_by: int
    created_by_name: CreatedByName
    sri: SriOut | None


CREDIT_NOTE_TITLES = {
    "credit_note_id": "Id",
    "credit_note_number": "Número",
    "status": "Estado",
    "issue_date": "Fecha de emisión",
    "invoice_id": "Id de la factura",
    "invoice_number": "Factura",
    "patient_id": "Id del paciente",
    "patient_name": "Paciente",
    "buyer_id_type": "Tipo de identificación",
    "buyer_id_number": "Identificación",
    "buyer_name": "Comprador",
    "buyer_email": "Correo",
    "buyer_address": "Dirección",
    "reason": "Motivo",
    "restocked": "Volvió a inventario",
    "subtotal": "Subtotal sin IVA",
    "iva_amount": "IVA",
    "total_amount": "Total",
    "annulled_at": "Anulada",
    "annulled_reason": "Motivo de anulación",
    "created_at": "Registrada",
    "created_by_name": "Registrada por",
}
