"""Lo que aceptan y devuelven los cobros de las facturas."""

from datetime import date
from typing import Annotated

from common.web.clinic_fields import CreatedAt
from common.web.field_dates import Day
from common.web.field_numbers import Number, PositiveAmount
from common.web.field_texts import Code
from common.web.field_words import Says
from common.web.schemas import In, Out
from facturacion_service.ledger.fields import AMOUNT
from facturacion_service.ledger.schemas import PaymentMethod

# Lo que dicen estos campos, entren o salgan.
REFERENCE = Says(example="Factura 77")


class PaymentIn(In):
    """Un cobro, total o parcial; sin fecha, el de hoy."""

    amount: Annotated[PositiveAmount, AMOUNT]
    payment_method: PaymentMethod
    payment_date: Day | None = None
    reference: Annotated[Code | None, REFERENCE] = None


class PaymentOut(Out):
    """Un cobro; monto en dólares."""

    payment_id: int
    invoice_id: int
    amount: Annotated[Number, AMOUNT]
    payment_method: PaymentMethod
    payment_date: date
    reference: Annotated[str | None, REFERENCE]
    received_by: int
    received_by_name: str
    created_at: CreatedAt
