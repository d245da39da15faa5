"""La consulta de lo que falta cobrar, tal como estaba al final de un día.

El saldo de cada factura se calcula una sola vez, y de ahí salen los tramos, los deudores y la página.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    Date,
    FromClause,
    Integer,
    Select,
    bindparam,
    case,
    func,
    select,
    true,
    union,
    union_all,
)

from common.database import Database, fetch_one
from common.sql.statements import FixedQuery, VaryingQuery
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice, InvoicePayment
from common.tables.historia_clinica import Patient
from common.web.schemas import Page
from facturacion_service.models import CREDIT, counts
from facturacion_service.reports.rows import AgeRow, DebtorRow, ReceivableRow, ReceivablesRow

# Los días desde la emisión que abarca cada tramo; el último no tiene fin.
BUCKETS: tuple[tuple[int, int | None], ...] = ((0, 30), (31, 60), (61, 90), (91, None))

_DAY = bindparam("day", type_=Date())
_PAGE = {"limit": bindparam("limit", type_=Integer()), "offset": bindparam("offset", type_=Integer())}


def _settled(name: str, amount: Any, *conditions: Any) -> FromClause:
    """Lo que ya no se debe de una factura, sumado una vez aunque se use en varias columnas."""
    return select(func.coalesce(func.sum(amount), 0).label("amount")).where(*conditions).lateral(name)


def _billed(*conditions: Any) -> Select[*tuple[Any, ...]]:
    bill = select(Invoice.invoice_id, Invoice.patient_id, Invoice.issue_date, Invoice.total_amount)
    return bill.where(Invoice.issue_date <= _DAY, counts(Invoice), *conditions)


# Lo emitido hasta ese día que quizá se debía: lo ya saldado, solo si se cobró o devolvió después.
_LATER = union(
    select(InvoicePayment.invoice_id).where(InvoicePayment.payment_date > _DAY),
    select(CreditNote.invoice_id).where(CreditNote.issue_date > _DAY),
)
_BILLED = union_all(
    _billed(Invoice.status == "ISSUED"), _billed(Invoice.status == "PAID", Invoice.invoice_id.in_(_LATER))
).subquery("billed")
_PAID = _settled(
    "paid",
    InvoicePayment.amount,
    InvoicePayment.invoice_id == _BILLED.c.invoice_id,
    InvoicePayment.payment_date <= _DAY,
)
_CREDITED = _settled(
    "credited",
    CreditNote.total_amount,
    CreditNote.invoice_id == _BILLED.c.invoice_id,
    CREDIT,
    CreditNote.issue_date <= _DAY,
)
_BALANCE = _BILLED.c.total_amount - _PAID.c.amount - _CREDITED.c.amount
_OWED = (
    select(
        *_BILLED.c,
        _PAID.c.amount.label("paid_amount"),
        _CREDITED.c.amount.label("credited_amount"),
        _BALANCE.label("balance"),
        (_DAY - _BILLED.c.issue_date).label("days"),
    )
    .join_from(_BILLED, _PAID, true())
    .join(_CREDITED, true())
    .where(_BALANCE > 0)
    .cte("owed")
)
_of = _OWED.c
_COUNTED = func.count().label("invoice_count"), func.sum(_of.balance).label("balance")


def _by_age() -> Select[*tuple[Any, ...]]:
    """Cuánto se debía en cada tramo; solo los que tienen algo, con el día en que empiezan."""
    starts = [(_of.days >= first, first) for first, _ in reversed(BUCKETS)]
    return select(case(*starts).label("days_from"), *_COUNTED).group_by("days_from")


def _debtors() -> Select[*tuple[Any, ...]]:
    """Una página de lo que debía cada paciente, el que más primero."""
    count, balance = _COUNTED
    most = select(_of.patient_id, count, balance).group_by(_of.patient_id)
    ordered = most.order_by(balance.desc(), _of.patient_id)
    some = ordered.limit(_PAGE["limit"]).offset(_PAGE["offset"]).subquery()
    name = Patient.full_name.label("patient_name")
    return (
        select(some.c.patient_id, name, some.c.invoice_count, some.c.balance)
        .outerjoin_from(some, Patient, Patient.patient_id == some.c.patient_id)
        .order_by(some.c.balance.desc(), some.c.patient_id)
    )


def _items() -> Select[*tuple[Any, ...]]:
    """Una página de facturas por cobrar, las más antiguas primero."""
    oldest = select(_OWED).order_by(_of.issue_date, _of.invoice_id)
    some = oldest.limit(_PAGE["limit"]).offset(_PAGE["offset"]).subquery()
    known = select(
        some.c.invoice_id,
        Invoice.invoice_number,
        some.c.patient_id,
        Patient.full_name.label("patient_name"),
        Invoice.buyer_name,
        some.c.issue_date,
        some.c.total_amount,
        some.c.paid_amount,
        some.c.credited_amount,
        some.c.balance,
        some.c.days,
    )
    return (
        known.join_from(some, Invoice, Invoice.invoice_id == some.c.invoice_id)
        .outerjoin(Patient, Patient.patient_id == some.c.patient_id)
        .order_by(some.c.issue_date, some.c.invoice_id)
    )


# Cuántos cobros y notas hay después de un día decide cómo conviene buscarlos.
_RECEIVABLES = VaryingQuery(
    ReceivablesRow,
    select(),
    buckets=FixedQuery(AgeRow, _by_age()),
    by_patient=FixedQuery(DebtorRow, _debtors()),
    items=FixedQuery(ReceivableRow, _items()),
)


def receivables(db: Database, day: date, page: Page) -> ReceivablesRow:
    """Lo que se debía, en tramos, y una página de deudores y otra de facturas."""
    found = fetch_one(db, _RECEIVABLES, day=day, limit=page.per_page, offset=page.offset)
    assert found is not None
    return found
