"""Lo que acepta y devuelve el reporte de cuentas por cobrar."""

from datetime import date

from common.web.field_dates import Day
from common.web.field_numbers import Number
from common.web.schemas import Out, Page, Pagination


class ReceivablesQuery(Page):
    """El día al que se cierra la cuenta (por defecto hoy) y la página de facturas y de deudores."""

    date: Day | None = None


class ReceivableOut(Out):
    """Lo que falta cobrar de una factura, en dólares, y los días desde que se emitió."""

    invoice_id: int
    invoice_number: str
    patient_id: int | None
    patient_name: str | None
    buyer_name: str
    issue_date: date
    total_amount: Number
    paid_amount: Number
    credited_amount: Number
    balance: Number
    days: int


class AgeOut(Out):
    """Lo que se debe desde hace entre `days_from` y `days_to` días; sin límite, null."""

    days_from: int
    days_to: int | None
    invoice_count: int
    balance: Number


class DebtorOut(Out):
    """Lo que debe un paciente; las facturas sin paciente van juntas, con null."""

    patient_id: int | None
    patient_name: str | None
    invoice_count: int
    balance: Number


class ReceivablesOut(Out):
    """Las cuentas por cobrar al final de un día."""

    date: date
    invoice_count: int
    total: Number
    buckets: list[AgeOut]
    by_patient: list[DebtorOut]
    items: list[ReceivableOut]
    pagination: Pagination
