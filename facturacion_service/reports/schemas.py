"""Lo que aceptan y devuelven los reportes de resultados."""

from datetime import date
from typing import Annotated, Literal

from common.lists.exports import Exportable
from common.web.clinic_fields import DOCTOR_NAME, TREATMENT_NAME
from common.web.field_numbers import Number, QueryBool
from common.web.field_words import Says
from common.web.schemas import DateRange, Out
from facturacion_service.ledger.fields import EXPENSE_CATEGORY, TotalAmount

# Lo que dicen estos campos, entren o salgan.
Change = Annotated[
    Number | None,
    Says("Cambio frente al período anterior, en por ciento; null si antes era cero."),
]
CostOfGoods = Annotated[Number, Says("Costo congelado de lo consumido y vendido, en dólares.")]
Expenses = Annotated[Number, Says("Dólares.")]
IncomeBeforeIva = Annotated[Number, Says("Dólares, sin IVA.")]
Profit = Annotated[Number, Says("Ingreso menos costo y gastos, en dólares.")]
ProfitMargin = Annotated[Number, Says("Ganancia sobre ingreso, en por ciento.")]
TotalExpenses = Annotated[Number, Says("Gastos de operación, en dólares.")]
TotalIncome = Annotated[Number, Says("Ingreso, en dólares, sin IVA.")]
TreatmentsSold = Annotated[Number, Says("Cuántas veces se vendió algún tratamiento.")]


class DashboardQuery(DateRange):
    """El período del tablero (por defecto, el mes en curso, entero) y si se compara con el anterior."""

    compare: QueryBool = True


class PeriodOut(Out):
    """Un período de días de la clínica, ambos incluidos."""

    date_from: Annotated[date, Says("Primer día, incluido; de la clínica.")]
    date_to: Annotated[date, Says("Último día, incluido; de la clínica.")]


class FiguresOut(Out):
    """Las cifras de un período, en dólares.

    `total_income` va sin IVA y ya sin `credited_amount`, lo devuelto por notas de crédito; `profit` =
    total_income − cost_of_goods − total_expenses.
    """

    period: PeriodOut
    total_income: TotalIncome
    total_invoiced: Annotated[Number, Says("Facturado, en dólares, con IVA.")]
    iva_collected: Annotated[Number, Says("IVA cobrado, en dólares.")]
    credited_amount: Annotated[Number, Says("Devuelto por notas de crédito, en dólares, sin IVA.")]
    invoice_count: int
    average_ticket: Annotated[Number, Says("Ingreso por factura, en dólares, sin IVA.")]
    cost_of_goods: CostOfGoods
    total_expenses: TotalExpenses
    expense_count: int
    profit: Profit
    profit_margin: ProfitMargin
    new_patients: int
    treatments_sold: TreatmentsSold


class ChangeOut(Out):
    """Cuánto cambió cada cifra frente al período anterior, en por ciento; null si antes era cero."""

    total_income: Change
    total_invoiced: Change
    iva_collected: Change
    credited_amount: Change
    invoice_count: Change
    average_ticket: Change
    cost_of_goods: Change
    total_expenses: Change
    expense_count: Change
    profit: Change
    profit_margin: Change
    new_patients: Change
    treatments_sold: Change


class TopTreatmentOut(Out):
    """Cuánto se vendió de un tratamiento, menos lo devuelto, y lo que dejó, sin IVA."""

    treatment_id: int
    name: Annotated[str, TREATMENT_NAME]
    quantity: Annotated[Number, Says("Cuántas veces se vendió.", example=2)]
    income: IncomeBeforeIva


class DoctorIncomeOut(Out):
    """Lo facturado menos lo devuelto por las visitas de un doctor, sin IVA; sin visita, null."""

    doctor_id: int | None
    doctor_name: Annotated[str | None, DOCTOR_NAME]
    invoice_count: int
    income: IncomeBeforeIva


class CategoryExpenseOut(Out):
    """Los gastos de una categoría."""

    category: Annotated[str, EXPENSE_CATEGORY]
    expense_count: int
    total_amount: TotalAmount


class PointOut(Out):
    """Un punto de la serie: un día, o un mes (AAAA-MM) si el período pasa de 62 días."""

    period: str
    income: IncomeBeforeIva
    expenses: Expenses
    cost_of_goods: CostOfGoods
    profit: Profit


class MetricsOut(FiguresOut):
    """El tablero completo."""

    appointments_by_status: Annotated[dict[str, int], Says(example={"COMPLETED": 12, "CANCELLED": 1})]
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
    label: Annotated[str, TREATMENT_NAME]
    income: IncomeBeforeIva
    cost_of_goods: CostOfGoods
    expenses: Expenses
    profit: Profit
    profit_margin: ProfitMargin
    invoice_count: int
    treatments_sold: TreatmentsSold


class ProfitTotalsOut(Out):
    """La suma de los grupos: las mismas cifras del tablero."""

    total_income: TotalIncome
    cost_of_goods: CostOfGoods
    total_expenses: TotalExpenses
    profit: Profit
    profit_margin: ProfitMargin


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
