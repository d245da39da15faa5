"""La consulta del tablero: ingresos, costos, gastos y lo que los explica, de las cifras ya sumadas."""

from datetime import date
from typing import Any

from sqlalchemy import Text, cast, select

from common.database import Database, fetch_one
from common.sql.statements import FixedQuery
from common.tables.auth import User
from common.tables.citas import STATUSES
from common.tables.figures import Figure
from common.tables.inventario import Treatment
from facturacion_service.expenses.queries import by_category
from facturacion_service.ledger.figures import (
    by_days,
    by_months,
    by_subject,
    credited,
    in_period,
    invoiced,
    net,
    number,
    total,
)
from facturacion_service.ledger.periods import Period
from facturacion_service.reports.rows import (
    ComparedRow,
    DashboardRow,
    DoctorIncomeRow,
    FiguresRow,
    PointRow,
    StatusCountRow,
    TopTreatmentRow,
)

TOP = 10
_PREVIOUS, _POINTS = "previous_", "points_"
_SUMMED = by_subject(
    *("INVOICES", "CREDIT_NOTES", "COSTS", "EXPENSES", "PATIENTS"),
    *("APPOINTMENTS", "TREATMENTS", "DOCTORS"),
)
_BEFORE = by_subject(
    *("INVOICES", "CREDIT_NOTES", "COSTS", "EXPENSES", "PATIENTS", "TREATMENTS"), span=_PREVIOUS
)
_of = _SUMMED.c


def _sums(of: Any) -> FixedQuery[FiguresRow]:
    """Las cifras de un período; el ingreso va sin IVA y lo facturado con él."""
    spent = of.figure == "EXPENSES"
    return FixedQuery(
        FiguresRow,
        select(
            net(of.amount, of).label("total_income"),
            net(of.amount + of.iva_amount, of).label("total_invoiced"),
            net(of.iva_amount, of).label("iva_collected"),
            total(of.amount, credited(of)).label("credited_amount"),
            number(of.number, invoiced(of)).label("invoice_count"),
            # Lo consumido y vendido, a su costo congelado, menos lo devuelto.
            total(of.amount, of.figure == "COSTS").label("cost_of_goods"),
            total(of.amount, spent).label("total_expenses"),
            number(of.number, spent).label("expense_count"),
            number(of.number, of.figure == "PATIENTS").label("new_patients"),
            # Los facturados menos los devueltos.
            total(of.quantity, of.figure == "TREATMENTS").label("treatments_sold"),
        ),
    )


_APPOINTMENTS = select(_of.subject.label("status"), _of.number).where(_of.figure == "APPOINTMENTS")
# Los que más se facturaron, sin contar los devueltos.
_TOP_TREATMENTS = (
    select(Treatment.treatment_id, Treatment.name, _of.quantity, _of.amount.label("income"))
    .join(_SUMMED, cast(Treatment.treatment_id, Text()) == _of.subject)
    .where(_of.figure == "TREATMENTS", _of.quantity > 0)
    .order_by(_of.quantity.desc(), Treatment.name)
    .limit(TOP)
)
# Lo facturado menos lo devuelto; lo que no viene de una visita, sin doctor.
_DOCTORS = (
    select(
        User.user_id.label("doctor_id"),
        User.full_name.label("doctor_name"),
        _of.number.label("invoice_count"),
        _of.amount.label("income"),
    )
    .select_from(_SUMMED)
    .outerjoin(User, cast(User.user_id, Text()) == _of.subject)
    # Quien ya no tiene documentos no sale: una nota siempre resta algo.
    .where(_of.figure == "DOCTORS", (_of.number > 0) | (_of.amount != 0))
    .order_by(_of.amount.desc(), User.user_id)
)
_SERIES = (
    select(
        Figure.period.label("day"),
        net(Figure.amount, Figure).label("income"),
        total(Figure.amount, Figure.figure == "EXPENSES").label("expenses"),
        total(Figure.amount, Figure.figure == "COSTS").label("cost_of_goods"),
    )
    .where(in_period("INVOICES", "CREDIT_NOTES", "EXPENSES", "COSTS", span=_POINTS))
    .group_by(Figure.period)
)
_PARTS: dict[str, FixedQuery[Any]] = {
    "appointments_by_status": FixedQuery(StatusCountRow, _APPOINTMENTS),
    "top_treatments": FixedQuery(TopTreatmentRow, _TOP_TREATMENTS),
    "income_by_doctor": FixedQuery(DoctorIncomeRow, _DOCTORS),
    "expenses_by_category": by_category(_SUMMED),
    "series": FixedQuery(PointRow, _SERIES),
}
_ALONE = FixedQuery(DashboardRow, _sums(_of).statement, **_PARTS)
_COMPARED = FixedQuery(ComparedRow, _sums(_of).statement, previous=_sums(_BEFORE.c), **_PARTS)


def figures(
    db: Database, period: Period, *, by_day: bool, compare: bool
) -> tuple[DashboardRow, FiguresRow | None]:
    """Las cifras de un período, y las del anterior si se compara, todas de un mismo instante.

    :param by_day: si la serie va por día; si no, por mes, cada parte con uno de sus días.
    """
    given = _spanning(period) | (by_days if by_day else by_months)(period.date_from, period.date_to, _POINTS)
    if not compare:
        alone = fetch_one(db, _ALONE, **given)
        assert alone is not None
        return alone, None
    compared = fetch_one(db, _COMPARED, **given, **_spanning(period.previous(), _PREVIOUS))
    assert compared is not None
    return compared, compared["previous"][0]


def by_status(rows: list[StatusCountRow]) -> dict[str, int]:
    """Cuántas citas hay en cada estado, también en los que no hay ninguna."""
    return dict.fromkeys(STATUSES, 0) | {row["status"]: row["number"] for row in rows}


def _spanning(period: Period, span: str = "") -> dict[str, date]:
    return by_months(period.date_from, period.date_to, span)
