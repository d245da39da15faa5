"""Los totales de las facturas de un período y de lo que sus notas de crédito devolvieron."""

from typing import Any, Literal, get_args

from sqlalchemy import Integer, Select, cast, select

from common.database import Database, fetch_one
from common.sql.statements import FixedQuery, Row
from common.web.schemas import DateRange, Payload
from facturacion_service.ledger.figures import by_months, by_subject, credited, invoiced, number, total
from facturacion_service.ledger.rows import (
    BilledRow,
    CreditedRow,
    MethodTotalRow,
    StatusTotalRow,
    TaxRow,
    TotalsRow,
)

Sum = Literal["subtotal", "iva_amount", "total_amount"]
_SUMS: tuple[Sum, ...] = get_args(Sum)
_SUMMED = by_subject("INVOICES", "CREDIT_NOTES", "IVA_RATES", "CREDITED_IVA_RATES", "PAYMENT_METHODS")
_of = _SUMMED.c
_WITH_IVA = _of.amount + _of.iva_amount


def _sums(row: type[Row], count: str, only: Any) -> FixedQuery[Row]:
    sums = (total(_of.amount), total(_of.iva_amount), total(_WITH_IVA))
    named = [amount.label(name) for name, amount in zip(_SUMS, sums, strict=True)]
    return FixedQuery(row, select(number(_of.number).label(count), *named).where(only))


def _by_rate(figure: str) -> FixedQuery[TaxRow]:
    sums = _of.amount.label("base"), _of.iva_amount.label("iva")
    return _present(TaxRow, figure, cast(_of.subject, Integer()).label("iva_rate"), *sums)


def _by(row: type[Row], name: str, figure: str) -> FixedQuery[Row]:
    sums = _of.number.label("invoice_count"), _WITH_IVA.label("total_amount")
    return _present(row, figure, _of.subject.label(name), *sums)


def _present(row: type[Row], figure: str, subject: Any, *sums: Any) -> FixedQuery[Row]:
    """Solo lo que tiene algún documento, en orden."""
    some: Select[*tuple[Any, ...]] = select(subject, *sums).where(_of.figure == figure, _of.number > 0)
    return FixedQuery(row, some.order_by(subject))


_TOTALS = FixedQuery(
    TotalsRow,
    select(),
    billed=_sums(BilledRow, "invoice_count", invoiced(_of)),
    by_status=_by(StatusTotalRow, "status", "INVOICES"),
    by_iva_rate=_by_rate("IVA_RATES"),
    by_payment_method=_by(MethodTotalRow, "payment_method", "PAYMENT_METHODS"),
    credited=_sums(CreditedRow, "credit_note_count", credited(_of)),
    credited_by_iva_rate=_by_rate("CREDITED_IVA_RATES"),
)


def invoice_totals(db: Database, query: DateRange) -> Payload:
    """Los totales de las facturas de un período, los de las notas de crédito y lo que queda."""
    found = fetch_one(db, _TOTALS, **by_months(query.date_from, query.date_to))
    assert found is not None
    (billed,), (credited,) = found["billed"], found["credited"]
    return {
        **billed,
        "by_status": found["by_status"],
        "by_iva_rate": found["by_iva_rate"],
        "by_payment_method": found["by_payment_method"],
        "credited": {**credited, "by_iva_rate": found["credited_by_iva_rate"]},
        "net": {name: billed[name] - credited[name] for name in _SUMS},
    }
