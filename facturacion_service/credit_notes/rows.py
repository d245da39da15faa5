"""Las filas de las notas de crédito; montos en dólares."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from facturacion_service.ledger.rows import Buyer, BuyerColumns, OwnedSummaryRow, SummaryRow, TaxRow
from facturacion_service.sri.rows import CreditNoteTaxRow


class CreditNoteHead(TypedDict):
    """Lo que una nota tiene igual guardada que respondida."""

    credit_note_id: int
    credit_note_number: str
    invoice_id: int
    invoice_number: str
    patient_id: int | None
    patient_name: str | None
    issue_date: date
    reason: str
    restocked: bool
    subtotal: Decimal
    iva_amount: Decimal
    total_amount: Decimal
    status: str
    annulled_reason: str | None
    annulled_at: datetime | None
    created_at: datetime
    created_by: int
    created_by_name: str


class CreditNoteRow(CreditNoteHead, BuyerColumns):
    """Una nota como se guarda, sin sus líneas."""


class CreditItemRow(TypedDict):
    """Una línea de nota de crédito; `invoice_item_id` es la de la factura."""

    item_id: int
    invoice_item_id: int
    description: str
    quantity: Decimal
    returned_quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    iva_rate: int
    subtotal: Decimal
    product_id: int | None
    treatment_id: int | None


class OwnedCreditItemRow(CreditItemRow):
    """Una línea y su nota."""

    credit_note_id: int


class CreditNoteParts(TypedDict):
    """Lo que cuelga de unas notas."""

    items: list[OwnedCreditItemRow]
    taxes: list[CreditNoteTaxRow]
    documents: list[OwnedSummaryRow]


class CreditNoteView(CreditNoteHead):
    """Una nota como se responde."""

    buyer: Buyer
    items: list[CreditItemRow]
    taxes: list[TaxRow]
    sri: SummaryRow | None
