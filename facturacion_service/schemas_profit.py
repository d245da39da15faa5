"""Lo que acepta y devuelve el reporte de rentabilidad."""

from typing import Literal

from common.lists.exports import Exportable
from common.web.field_numbers import Number
from common.web.schemas import DateRange, Out
from facturacion_service.schemas_reports import PeriodOut

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
