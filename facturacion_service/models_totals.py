"""Los totales de las facturas de un período y de lo que sus notas de crédito devolvieron."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, select

from common.database import Database, fetch_all, fetch_one
from common.schemas import DateRange
from common.tables.cifras import Figure
from facturacion_service.models_figures import credited, during, invoiced, kept, number, total

_SUMS = ("subtotal", "iva_amount", "total_amount")
_WITH_IVA = Figure.amount + Figure.iva_amount


def invoice_totals(db: Database, query: DateRange) -> dict[str, Any]:
    """Los totales de las facturas de un período, los de las notas de crédito y lo que queda."""
    billed, credited = _billed(db, query), _credited(db, query)
    net = {name: billed[name] - credited[name] for name in _SUMS}
    return {**billed, "credited": credited, "net": net}


def _billed(db: Database, query: DateRange) -> dict[str, Any]:
    period = during(query.date_from, query.date_to)
    count, amount = number().label("invoice_count"), total(_WITH_IVA).label("total_amount")
    sums = select(count, *_sums()).where(invoiced(period))
    return {
        **(fetch_one(db, sums) or {}),
        "by_status": fetch_all(db, _by("status", kept("INVOICES", period), count, amount)),
        "by_iva_rate": fetch_all(db, _by_rate(kept("IVA_RATES", period))),
        "by_payment_method": fetch_all(
            db, _by("payment_method", kept("PAYMENT_METHODS", period), count, amount)
        ),
    }


def _credited(db: Database, query: DateRange) -> dict[str, Any]:
    period = during(query.date_from, query.date_to)
    sums = select(number().label("credit_note_count"), *_sums()).where(credited(period))
    by_rate = _by_rate(kept("CREDITED_IVA_RATES", period))
    return {**(fetch_one(db, sums) or {}), "by_iva_rate": fetch_all(db, by_rate)}


def _sums() -> list[Any]:
    sums = (total(Figure.amount), total(Figure.iva_amount), total(_WITH_IVA))
    return [amount.label(name) for name, amount in zip(_SUMS, sums, strict=True)]


def _by_rate(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    rate = cast(Figure.subject, Integer()).label("iva_rate")
    sums = total(Figure.amount).label("base"), total(Figure.iva_amount).label("iva")
    return _present(select(rate, *sums).where(condition), rate)


def _by(name: str, condition: ColumnElement[bool], *sums: Any) -> Select[*tuple[Any, ...]]:
    subject = Figure.subject.label(name)
    return _present(select(subject, *sums).where(condition), subject)


def _present(statement: Select[*tuple[Any, ...]], subject: Any) -> Select[*tuple[Any, ...]]:
    """Solo lo que tiene algún documento, en orden."""
    return statement.group_by(subject).having(number() > 0).order_by(subject)
