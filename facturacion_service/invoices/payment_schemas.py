"""Lo que aceptan y devuelven los cobros de las facturas."""

from datetime import date, datetime

from common.web.field_dates import Day
from common.web.field_numbers import Number, PositiveAmount
from common.web.field_texts import Code
from common.web.schemas import In, Out
from facturacion_service.ledger.schemas import PaymentMethod


class PaymentIn(In):
    """Un cobro, total o parcial; sin fecha, el de hoy."""

    amount: PositiveAmount
    payment_method: PaymentMethod
    payment_date: Day | None = None
    reference: Code | None = None


class PaymentOut(Out):
    """Un cobro; monto en dólares."""

    payment_id: int
    invoice_id: int
    amount: Number
    payment_method: PaymentMethod
    payment_date: date
    reference: str | None
    received_by: int
    received_by_name: str
    created_at: datetime
