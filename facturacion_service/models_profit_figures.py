"""La rentabilidad por día, mes y doctor, de las cifras ya sumadas."""

from typing import Any

from sqlalchemy import Select, case, func, null, select

from common.database import Database, fetch_all
from common.tables.auth import User
from common.tables.cifras import Figure
from facturacion_service import models_reports as reports
from facturacion_service.models_figures import daily, kept, number, subject_id, total, whole
from facturacion_service.periods import Period

BY_DATE = ("month", "day")
_FORMATS = {"month": "YYYY-MM", "day": "YYYY-MM-DD"}


def income(db: Database, period: Period, group_by: str) -> list[dict[str, Any]]:
    """Lo facturado a cada grupo menos lo devuelto, sin IVA, y cuántos tratamientos fueron."""
    if group_by == "doctor":
        income, sold = total().label("income"), total(Figure.quantity).label("treatments_sold")
        sums = income, number().label("invoice_count"), sold
        some = (number() > 0) | (income != 0) | (sold != 0)
        return fetch_all(db, _by_doctor("DOCTORS", period, *sums).having(some))
    billed = reports.billed(_split(period, group_by)) | kept("TREATMENTS", _split(period, group_by))
    of_treatments = Figure.figure == "TREATMENTS"
    sums = (
        reports.net(case((~of_treatments, Figure.amount), else_=0)).label("income"),
        number(case((Figure.figure == "INVOICES", Figure.number))).label("invoice_count"),
        total(case((of_treatments, Figure.quantity), else_=0)).label("treatments_sold"),
    )
    documents = number(case((~of_treatments, Figure.number)))
    return fetch_all(db, _by_date(group_by, *sums).where(billed).having(documents > 0))


def costs(db: Database, period: Period, group_by: str) -> list[dict[str, Any]]:
    """Lo que costó lo consumido y vendido de cada grupo, a su costo congelado, menos lo devuelto."""
    cost = total().label("cost_of_goods")
    if group_by == "doctor":
        return fetch_all(db, _by_doctor("DOCTOR_COSTS", period, cost).having(cost != 0))
    statement = _by_date(group_by, cost).where(kept("COSTS", _split(period, group_by)))
    return fetch_all(db, statement.having(cost != 0))


def expenses(db: Database, period: Period, group_by: str) -> list[dict[str, Any]]:
    """Lo gastado: de cada día o mes; no es de ningún doctor."""
    spent = total().label("expenses")
    if group_by in BY_DATE:
        statement = _by_date(group_by, spent).where(kept("EXPENSES", _split(period, group_by)))
    else:
        nobody = null().label("key"), null().label("label")
        statement = select(*nobody, spent).where(kept("EXPENSES", whole(period)))
    return fetch_all(db, statement.having(spent != 0))


def _split(period: Period, group_by: str) -> Any:
    return daily(period) if group_by == "day" else whole(period)


def _by_doctor(figure: str, period: Period, *sums: Any) -> Select[*tuple[Any, ...]]:
    doctor = User.user_id.label("key"), User.full_name.label("label")
    statement = select(*doctor, *sums).select_from(Figure).outerjoin(User, User.user_id == subject_id())
    return statement.where(kept(figure, whole(period))).group_by(User.user_id, User.full_name)


def _by_date(group_by: str, *sums: Any) -> Select[*tuple[Any, ...]]:
    date = func.to_char(Figure.period, _FORMATS[group_by])
    return select(date.label("key"), date.label("label"), *sums).group_by("key", "label")
