"""Las consultas de lo que falta cobrar, tal como estaba al final de un día."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Select, Subquery, case, func, literal, select, union

from common.database import Database, fetch_all
from common.listing import fetch_page
from common.schemas import Page
from common.tables.facturacion import Invoice, InvoicePayment
from common.tables.historia_clinica import Patient
from common.tables.notas_de_credito import CreditNote
from facturacion_service.models import CREDIT, INCOME

# Los días desde la emisión que abarca cada tramo; el último no tiene fin.
BUCKETS: tuple[tuple[int, int | None], ...] = ((0, 30), (31, 60), (61, 90), (91, None))


def _paid_by(day: date) -> Any:
    payments = select(func.coalesce(func.sum(InvoicePayment.amount), 0))
    return (
        payments.where(InvoicePayment.invoice_id == Invoice.invoice_id, InvoicePayment.payment_date <= day)
        .correlate(Invoice)
        .scalar_subquery()
    )


def _credited_by(day: date) -> Any:
    notes = select(func.coalesce(func.sum(CreditNote.total_amount), 0))
    return (
        notes.where(CreditNote.invoice_id == Invoice.invoice_id, CREDIT, CreditNote.issue_date <= day)
        .correlate(Invoice)
        .scalar_subquery()
    )


def _maybe_owed(day: date) -> Any:
    """Lo emitido hasta ese día que quizá se debía: lo ya saldado, solo si se cobró o devolvió después."""
    maybe = union(
        select(Invoice.invoice_id).where(Invoice.status == "ISSUED", Invoice.issue_date <= day),
        select(InvoicePayment.invoice_id).where(InvoicePayment.payment_date > day),
        select(CreditNote.invoice_id).where(CreditNote.issue_date > day),
    )
    return INCOME & (Invoice.issue_date <= day) & Invoice.invoice_id.in_(maybe)


def _owed(day: date) -> Select[*tuple[Any, ...]]:
    paid, credited = _paid_by(day), _credited_by(day)
    balance = Invoice.total_amount - paid - credited
    known = select(
        Invoice.invoice_id,
        Invoice.invoice_number,
        Invoice.patient_id,
        Patient.full_name.label("patient_name"),
        Invoice.buyer_name,
        Invoice.issue_date,
        Invoice.total_amount,
        paid.label("paid_amount"),
        credited.label("credited_amount"),
        balance.label("balance"),
        (literal(day, Date) - Invoice.issue_date).label("days"),
    ).outerjoin(Patient, Patient.patient_id == Invoice.patient_id)
    return known.where(_maybe_owed(day), balance > 0)


def _counted(owed: Subquery) -> tuple[Any, Any]:
    return func.count().label("invoice_count"), func.coalesce(func.sum(owed.c.balance), 0).label("balance")


def by_age(db: Database, day: date) -> list[dict[str, Any]]:
    """Cuánto se debía en cada tramo; solo los que tienen algo, con el día en que empiezan."""
    owed = _owed(day).subquery()
    starts = [(owed.c.days >= first, first) for first, _ in reversed(BUCKETS)]
    statement = select(case(*starts).label("days_from"), *_counted(owed))
    return fetch_all(db, statement.group_by("days_from"))


def by_patient(db: Database, day: date) -> list[dict[str, Any]]:
    """Cuánto debía cada paciente, el que más primero."""
    owed = _owed(day).subquery()
    count, balance = _counted(owed)
    patient = owed.c.patient_id.label("patient_id"), owed.c.patient_name.label("patient_name")
    statement = select(*patient, count, balance).group_by(*patient)
    return fetch_all(db, statement.order_by(balance.desc(), owed.c.patient_id))


def items_page(db: Database, day: date, page: Page) -> dict[str, Any]:
    """Una página de facturas por cobrar, las más antiguas primero."""
    return fetch_page(db, _owed(day).order_by(Invoice.issue_date, Invoice.invoice_id), page, "items")
