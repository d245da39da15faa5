"""Lo que acepta y devuelve el reporte de cuentas por cobrar."""

from datetime import date
from typing import Annotated

from common.web.clinic_fields import PATIENT_NAME, TotalBeforeIva
from common.web.field_dates import Day
from common.web.field_words import Says
from common.web.schemas import Out, Page, Pagination
from facturacion_service.ledger.fields import INVOICE_NUMBER, Balance, CreditedAmount, PaidAmount, TotalAmount


class ReceivablesQuery(Page):
    """El día al que se cierra la cuenta (por defecto hoy) y la página de facturas y de deudores."""

    date: Day | None = None


class ReceivableOut(Out):
    """Lo que falta cobrar de una factura, en dólares, y los días desde que se emitió."""

    invoice_id: int
    invoice_number: Annotated[str, INVOICE_NUMBER]
    patient_id: int | None
    patient_name: Annotated[str | None, PATIENT_NAME]
    buyer_name: str
    issue_date: date
    total_amount: TotalAmount
    paid_amount: PaidAmount
    credited_amount: CreditedAmount
    balance: Balance
    days: Annotated[int, Says("Días desde que se emitió.")]


class AgeOut(Out):
    """Lo que se debe desde hace entre `days_from` y `days_to` días; sin límite, null."""

    days_from: Annotated[int, Says("Días, incluido.")]
    days_to: Annotated[int | None, Says("Días, incluido; null si no tiene límite.")]
    invoice_count: int
    balance: Balance


class DebtorOut(Out):
    """Lo que debe un paciente; las facturas sin paciente van juntas, con null."""

    patient_id: int | None
    patient_name: Annotated[str | None, PATIENT_NAME]
    invoice_count: int
    balance: Balance


class ReceivablesOut(Out):
    """Las cuentas por cobrar al final de un día."""

    date: date
    invoice_count: int
    total: TotalBeforeIva
    buckets: list[AgeOut]
    by_patient: list[DebtorOut]
    items: list[ReceivableOut]
    pagination: Pagination
