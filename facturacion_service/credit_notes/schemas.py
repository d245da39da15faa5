"""Lo que aceptan y devuelven las notas de crédito."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from common.lists.exports import Exportable
from common.web.field_numbers import Id, Number, PositiveAmount, PositiveQuantity, QueryId
from common.web.field_texts import Reason, Search, Text
from common.web.schemas import DateRange, In, Out, Page
from facturacion_service.ledger.buyer import BuyerOut, SeriesText
from facturacion_service.ledger.schemas import MAX_ITEMS, SriOut, TaxOut

CreditNoteStatus = Literal["ISSUED", "ANNULLED"]
# Va en el documento: «motivo», hasta 300 caracteres en una línea (esquema de la nota de crédito 1.1.0).
DocumentReason = Annotated[str, Text(300)]


class CreditItemIn(In):
    """Lo que se devuelve de una línea: una cantidad, o una rebaja del precio; sin ninguna, lo que quede.

    `amount` va en dólares y sin IVA, y no devuelve nada a inventario.
    """

    item_id: Id
    quantity: PositiveQuantity | None = None
    amount: PositiveAmount | None = None

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

    reason: DocumentReason
    items: Annotated[list[CreditItemIn], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    restock: bool = True
    series: SeriesText | None = None


class AnnulmentIn(In):
    """La anulación de una nota de crédito y su motivo."""

    status: Literal["ANNULLED"]
    reason: Reason


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
    description: str
    quantity: Number
    returned_quantity: Number
    unit_price: Number
    discount: Number
    iva_rate: int
    subtotal: Number
    product_id: int | None
    treatment_id: int | None


class CreditNoteOut(Out):
    """Una nota de crédito; montos en dólares. El comprador y el paciente son los de su factura.

    `restocked` dice si algo volvió a inventario; `sri` es null si no tiene comprobante electrónico.
    """

    credit_note_id: int
    credit_note_number: str
    invoice_id: int
    invoice_number: str
    patient_id: int | None
    patient_name: str | None
    buyer: BuyerOut
    issue_date: date
    reason: str
    restocked: bool
    items: list[CreditNoteItemOut]
    taxes: list[TaxOut]
    subtotal: Number
    iva_amount: Number
    total_amount: Number
    status: CreditNoteStatus
    annulled_reason: str | None
    annulled_at: datetime | None
    created_at: datetime
    created_by: int
    created_by_name: str
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
