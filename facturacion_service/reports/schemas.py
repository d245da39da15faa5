"""Lo que aceptan y devuelven los reportes de resultados."""

from datetime import date
from typing import Literal

from common.lists.exports import Exportable
from common.web.field_numbers import Number, QueryBool
from common.web.schemas import DateRange, Out


class DashboardQuery(DateRange):
    """El período del tablero (por defecto, el mes en curso, entero) y si se compara con el anterior."""

    compare: QueryBool = True


class PeriodOut(Out):
    """Un período de días de la clínica, ambos incluidos."""

    date_from: date
    date_to: date


class FiguresOut(Out):
    """Las cifras de un período, en dólares.

    `total_income` va sin IVA y ya sin `credited_amount`, lo devuelto por notas de crédito; `profit` =
    total_income − cost_of_goods − total_expenses.
    """

    period: PeriodOut
    total_income: Number
    total_invoiced: Number
    iva_collected: Number
    credited_amount: Number
    invoice_count: int
    average_ticket: Number
    cost_of_goods: Number
    total_expenses: Number
    expense_count: int
    profit: Number
    profit_margin: Number
    new_patients: int
    treatments_sold: Number


class ChangeOut(Out):
    """Cuánto cambió cada cifra frente al período anterior, en por ciento; null si antes era cero."""

    total_income: Number | None
    total_invoiced: Number | None
    iva_collected: Number | None
    credited_amount: Number | None
    invoice_count: Number | None
    average_ticket: Number | None
    cost_of_goods: Number | None
    total_expenses: Number | None
    expense_count: Number | None
    profit: Number | None
    profit_margin: Number | None
    new_patients: Number | None
    treatments_sold: Number | None


class TopTreatmentOut(Out):
    """Cuánto se vendió de un tratamiento, menos lo devuelto, y lo que dejó, sin IVA."""

    treatment_id: int
    name: str
    quantity: Number
    income: Number


class DoctorIncomeOut(Out):
    """Lo facturado menos lo devuelto por las visitas de un doctor, sin IVA; sin visita, null."""

    doctor_id: int | None
    doctor_name: str | None
    invoice_count: int
    income: Number


class CategoryExpenseOut(Out):
    """Los gastos de una categoría."""

    category: str
    expense_count: int
    total_amount: Number


class PointOut(Out):
    """Un punto de la serie: un día, o un mes (AAAA-MM) si el período pasa de 62 días."""

    period: str
    income: Number
    expenses: Number
    cost_of_goods: Number
    profit: Number


class MetricsOut(FiguresOut):
    """El tablero completo."""

    appointments_by_status: dict[str, int]
    top_treatments: list[TopTreatmentOut]
    income_by_doctor: list[DoctorIncomeOut]
    expenses_by_category: list[CategoryExpenseOut]
    series: list[PointOut]
    previous: FiguresOut | None
    change: ChangeOut | None


GroupBy = Literal["treatment", "doctor", "category", "month", "day"]


class ProfitQuery(DateRange, Exportable):
    """Por qué se agrupa y el período, el mismo que el del tablero si no se indica."""

    group_by: GroupBy = "treatment"


class ProfitGroupOut(Out):
    """Lo que dejó un grupo, en dólares y sin IVA; con `key` null, lo que no es de ninguno."""

    key: int | str | None
    label: str
    income: Number
    cost_of_goods: Number
    expenses: Number
    profit: Number
    profit_margin: Number
    invoice_count: int
    treatments_sold: Number


class ProfitTotalsOut(Out):
    """La suma de los grupos: las mismas cifras del tablero."""

    total_income: Number
    cost_of_goods: Number
    total_expenses: Number
    profit: Number
    profit_margin: Number


class ProfitOut(Out):
    """La rentabilidad de un período, repartida en grupos."""

    group_by: GroupBy
    period: PeriodOut
    groups: list[ProfitGroupOut]
    totals: ProfitTotalsOut


PROFIT_TITLES = {
    "key": "Clave",
    "label": "Grupo",
    "income": "Ingreso sin IVA",
    "cost_of_goods": "Costo",
    "expenses": "Gastos",
    "profit": "Ganancia",
    "profit_margin": "Margen (%)",
    "invoice_count": "Facturas",
    "treatments_sold": "Tratamientos",
}
