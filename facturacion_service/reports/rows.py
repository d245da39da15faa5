"""Las filas de los reportes; montos en dólares."""

from datetime import date
from decimal import Decimal
from typing import TypedDict

from facturacion_service.expenses.rows import CategoryTotalRow


class FiguresRow(TypedDict):
    """Las cifras de un período; el ingreso va sin IVA y lo facturado con él."""

    total_income: Decimal
    total_invoiced: Decimal
    iva_collected: Decimal
    credited_amount: Decimal
    invoice_count: int
    cost_of_goods: Decimal
    total_expenses: Decimal
    expense_count: int
    new_patients: int
    treatments_sold: Decimal


class FiguresView(FiguresRow):
    """Las cifras de un período, con lo que sale de ellas."""

    average_ticket: Decimal
    profit: Decimal
    profit_margin: Decimal


class StatusCountRow(TypedDict):
    """Las citas en un estado."""

    status: str
    number: int


class TopTreatmentRow(TypedDict):
    """Lo que se vendió de un tratamiento."""

    treatment_id: int
    name: str
    quantity: Decimal
    income: Decimal


class DoctorIncomeRow(TypedDict):
    """Lo facturado por las visitas de un doctor."""

    doctor_id: int | None
    doctor_name: str | None
    invoice_count: int
    income: Decimal


class PointSums(TypedDict):
    """Lo que suma un punto de la serie."""

    income: Decimal
    expenses: Decimal
    cost_of_goods: Decimal


class PointRow(PointSums):
    """Lo que sumó un día, o un mes por su primer día."""

    day: date


class PointView(PointSums):
    """Un punto de la serie: un día, o un mes (AAAA-MM)."""

    period: str
    profit: Decimal


class DashboardRow(FiguresRow):
    """Las cifras de un período y lo que las explica."""

    appointments_by_status: list[StatusCountRow]
    top_treatments: list[TopTreatmentRow]
    income_by_doctor: list[DoctorIncomeRow]
    expenses_by_category: list[CategoryTotalRow]
    series: list[PointRow]


class ComparedRow(DashboardRow):
    """Lo mismo, con las del período anterior, que son una sola fila."""

    previous: list[FiguresRow]


class _NamedRow(TypedDict):
    key: int | str | None
    label: str | None


class IncomeRow(_NamedRow):
    """Lo que facturó un grupo."""

    income: Decimal
    invoice_count: int
    treatments_sold: Decimal


class CostRow(_NamedRow):
    """Lo que costó un grupo."""

    cost_of_goods: Decimal


class SpentRow(_NamedRow):
    """Lo que gastó un grupo."""

    expenses: Decimal


class GroupRow(IncomeRow, CostRow, SpentRow):
    """Lo que facturó, costó y gastó un grupo."""


class GroupView(GroupRow):
    """Lo que dejó un grupo."""

    profit: Decimal
    profit_margin: Decimal


class ProfitView(TypedDict):
    """La rentabilidad de un período: sus grupos y lo que suman."""

    group_by: str
    period: dict[str, date]
    groups: list[GroupView]
    totals: dict[str, Decimal]


class AgeRow(TypedDict):
    """Lo que se debía en un tramo, que empieza a esos días."""

    days_from: int
    invoice_count: int
    balance: Decimal


class AgeView(AgeRow):
    """Lo que se debía en un tramo; el último no tiene fin."""

    days_to: int | None


class DebtorRow(TypedDict):
    """Lo que debía un paciente."""

    patient_id: int | None
    patient_name: str | None
    invoice_count: int
    balance: Decimal


class ReceivableRow(TypedDict):
    """Lo que faltaba cobrar de una factura, y los días desde que se emitió."""

    invoice_id: int
    invoice_number: str
    patient_id: int | None
    patient_name: str | None
    buyer_name: str
    issue_date: date
    total_amount: Decimal
    paid_amount: Decimal
    credited_amount: Decimal
    balance: Decimal
    days: int


class ReceivablesRow(TypedDict):
    """Lo que se debía, en tramos, y una página de deudores y otra de facturas."""

    buckets: list[AgeRow]
    by_patient: list[DebtorRow]
    items: list[ReceivableRow]
