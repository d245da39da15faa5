"""Lo que facturación toca. Escribe facturas, líneas, impuestos, numeración y gastos; de pacientes,
citas, tratamientos y productos solo lee columnas."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.listing import fetch_page, matches_words
from common.schemas import DateRange
from common.tables.auth import User
from common.tables.citas import RELEASED, Appointment, AppointmentExtra, AppointmentTreatment
from common.tables.facturacion import (
    Invoice,
    InvoiceItem,
    InvoiceSequence,
    InvoiceTax,
    OperationalExpense,
)
from common.tables.historia_clinica import Patient
from common.tables.inventario import Product, Treatment
from facturacion_service.models_payments import BALANCE, PAID_AMOUNT
from facturacion_service.schemas import ExpenseQuery, InvoiceQuery

__all__ = [
    "RELEASED",
    "Appointment",
    "Invoice",
    "InvoiceItem",
    "InvoiceSequence",
    "InvoiceTax",
    "OperationalExpense",
    "Patient",
    "Product",
    "Treatment",
]

# Lo que ya es un ingreso: emitida o cobrada.
INCOME = Invoice.status.in_(("ISSUED", "PAID"))

INVOICE = select(
    Invoice.invoice_id,
    Invoice.invoice_number,
    Invoice.patient_id,
    Patient.full_name.label("patient_name"),
    Invoice.appointment_id,
    Invoice.issue_date,
    Invoice.buyer_id_type,
    Invoice.buyer_id_number,
    Invoice.buyer_name,
    Invoice.buyer_email,
    Invoice.buyer_address,
    Invoice.subtotal,
    Invoice.discount,
    Invoice.iva_amount,
    Invoice.total_amount,
    PAID_AMOUNT.label("paid_amount"),
    BALANCE.label("balance"),
    Invoice.payment_method,
    Invoice.status,
    Invoice.annulled_reason,
    Invoice.created_at,
    Invoice.issued_at,
    Invoice.paid_at,
    Invoice.annulled_at,
).outerjoin(Patient, Patient.patient_id == Invoice.patient_id)
_SEARCHED = (
    func.coalesce(Invoice.invoice_number, "")
    .op("||")(" ")
    .op("||")(Invoice.buyer_name)
    .op("||")(" ")
    .op("||")(Invoice.buyer_id_number)
)
_ITEMS = (
    select(
        InvoiceItem.invoice_id,
        InvoiceItem.item_id,
        InvoiceItem.description,
        InvoiceItem.quantity,
        InvoiceItem.unit_price,
        InvoiceItem.discount,
        InvoiceItem.iva_rate,
        InvoiceItem.subtotal,
        InvoiceItem.product_id,
        InvoiceItem.treatment_id,
    )
    .where(InvoiceItem.invoice_id.in_(bindparam("invoice_ids", expanding=True)))
    .order_by(InvoiceItem.invoice_id, InvoiceItem.line_number)
)
_TAXES = (
    select(InvoiceTax.invoice_id, InvoiceTax.iva_rate, InvoiceTax.base, InvoiceTax.iva)
    .where(InvoiceTax.invoice_id.in_(bindparam("invoice_ids", expanding=True)))
    .order_by(InvoiceTax.invoice_id, InvoiceTax.iva_rate)
)
# Lo que se cobra de una visita: sus tratamientos y los extras que no son de uso interno.
_VISIT_TREATMENTS = (
    select(
        Treatment.name.label("description"),
        AppointmentTreatment.quantity,
        AppointmentTreatment.price_at_moment.label("unit_price"),
        Treatment.iva_rate,
        AppointmentTreatment.treatment_id,
    )
    .join(Treatment, Treatment.treatment_id == AppointmentTreatment.treatment_id)
    .where(AppointmentTreatment.appointment_id == bindparam("appointment_id"))
    .order_by(AppointmentTreatment.detail_id)
)
_VISIT_EXTRAS = (
    select(
        Product.name.label("description"),
        AppointmentExtra.quantity,
        AppointmentExtra.price_charged.label("unit_price"),
        Product.iva_rate,
        AppointmentExtra.product_id,
    )
    .join(Product, Product.product_id == AppointmentExtra.product_id)
    .where(AppointmentExtra.appointment_id == bindparam("appointment_id"))
    .where(AppointmentExtra.price_charged > 0)
    .order_by(AppointmentExtra.extra_id)
)
_EXTRAS_BY_PRODUCT = (
    select(AppointmentExtra.product_id, func.sum(AppointmentExtra.quantity).label("quantity"))
    .where(AppointmentExtra.appointment_id == bindparam("appointment_id"))
    .group_by(AppointmentExtra.product_id)
)

EXPENSE = select(
    OperationalExpense.expense_id,
    OperationalExpense.description,
    OperationalExpense.amount,
    OperationalExpense.expense_date,
    OperationalExpense.category,
    OperationalExpense.supplier,
    OperationalExpense.document_number,
    OperationalExpense.registered_by,
    User.full_name.label("registered_by_name"),
    OperationalExpense.created_at,
).join(User, User.user_id == OperationalExpense.registered_by)


def within(
    column: InstrumentedAttribute[date], date_from: date | None, date_to: date | None
) -> ColumnElement[bool]:
    """Que la fecha esté en el período, ambos días incluidos; sin límite donde falte."""
    limits = [column >= date_from] if date_from else []
    limits += [column <= date_to] if date_to else []
    return and_(true(), *limits)


def invoice(db: Database, invoice_id: int) -> dict[str, Any]:
    """Una factura con sus líneas e impuestos.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, INVOICE.where(Invoice.invoice_id == invoice_id))
    if row is None:
        raise NotFound("La factura no existe.")
    return _complete(db, [row])[0]


def invoices_page(db: Database, query: InvoiceQuery) -> dict[str, Any]:
    """Una página de facturas con sus líneas e impuestos, las más nuevas primero."""
    statement = INVOICE.where(within(Invoice.issue_date, query.date_from, query.date_to))
    if query.status is not None:
        statement = statement.where(Invoice.status == query.status)
    if query.patient_id is not None:
        statement = statement.where(Invoice.patient_id == query.patient_id)
    if query.search:
        statement = statement.where(matches_words(_SEARCHED, query.search))
    page = fetch_page(db, statement.order_by(Invoice.invoice_id.desc()), query, "invoices")
    return {**page, "invoices": _complete(db, page["invoices"])}


def _complete(db: Database, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Añade a cada factura sus líneas y sus impuestos, y agrupa al comprador."""
    ids = [row["invoice_id"] for row in rows]
    items, taxes = _grouped(db, _ITEMS, ids), _grouped(db, _TAXES, ids)
    return [
        {**_with_buyer(row), "items": items[row["invoice_id"]], "taxes": taxes[row["invoice_id"]]}
        for row in rows
    ]


def _with_buyer(row: dict[str, Any]) -> dict[str, Any]:
    buyer = {key: row.pop(f"buyer_{key}") for key in ("id_type", "id_number", "name", "email", "address")}
    return {**row, "buyer": buyer}


def _grouped(db: Database, statement: Any, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    groups: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in fetch_all(db, statement, invoice_ids=ids) if ids else []:
        groups[row.pop("invoice_id")].append(row)
    return groups


def visit_lines(db: Database, appointment_id: int) -> list[dict[str, Any]]:
    """Lo que se cobra de una visita, como líneas de factura."""
    treatments = fetch_all(db, _VISIT_TREATMENTS, appointment_id=appointment_id)
    return treatments + fetch_all(db, _VISIT_EXTRAS, appointment_id=appointment_id)


def visit_extras(db: Database, appointment_id: int) -> dict[int, Any]:
    """Cuánto de cada producto saca ya la visita como extra."""
    rows = fetch_all(db, _EXTRAS_BY_PRODUCT, appointment_id=appointment_id)
    return {row["product_id"]: row["quantity"] for row in rows}


def invoice_totals(db: Database, query: DateRange) -> dict[str, Any]:
    """Los totales de las facturas de un período."""
    period = within(Invoice.issue_date, query.date_from, query.date_to)
    count, total = func.count().label("invoice_count"), _sum(Invoice.total_amount, "total_amount")
    sums = select(count, _sum(Invoice.subtotal, "subtotal"), _sum(Invoice.iva_amount, "iva_amount"), total)
    by_status = select(Invoice.status, count, total).where(period).group_by(Invoice.status)
    by_payment = select(Invoice.payment_method, count, total).where(period, INCOME)
    by_rate = (
        select(InvoiceTax.iva_rate, _sum(InvoiceTax.base, "base"), _sum(InvoiceTax.iva, "iva"))
        .join(Invoice, Invoice.invoice_id == InvoiceTax.invoice_id)
        .where(period, INCOME)
        .group_by(InvoiceTax.iva_rate)
    )
    return {
        **(fetch_one(db, sums.where(period, INCOME)) or {}),
        "by_status": fetch_all(db, by_status.order_by(Invoice.status)),
        "by_iva_rate": fetch_all(db, by_rate.order_by(InvoiceTax.iva_rate)),
        "by_payment_method": fetch_all(
            db, by_payment.group_by(Invoice.payment_method).order_by(Invoice.payment_method)
        ),
    }


def _sum(column: Any, label: str) -> Any:
    return func.coalesce(func.sum(column), 0).label(label)


def expense(db: Database, expense_id: int) -> dict[str, Any]:
    """Un gasto.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, EXPENSE.where(OperationalExpense.expense_id == expense_id))
    if row is None:
        raise NotFound("El gasto no existe.")
    return row


def expenses_page(db: Database, query: ExpenseQuery) -> dict[str, Any]:
    """Una página de gastos, los más nuevos primero."""
    statement = EXPENSE.where(within(OperationalExpense.expense_date, query.date_from, query.date_to))
    if query.category is not None:
        statement = statement.where(OperationalExpense.category == query.category)
    if query.search:
        supplier = func.coalesce(OperationalExpense.supplier, "")
        text = OperationalExpense.description + " " + supplier
        statement = statement.where(matches_words(text, query.search))
    ordered = statement.order_by(OperationalExpense.expense_date.desc(), OperationalExpense.expense_id.desc())
    return fetch_page(db, ordered, query, "expenses")


def expense_categories(db: Database) -> list[str]:
    """Las categorías de gasto usadas, en orden."""
    statement = select(OperationalExpense.category).distinct().order_by(OperationalExpense.category)
    return [row["category"] for row in fetch_all(db, statement)]


def expense_totals(db: Database, date_from: date | None, date_to: date | None) -> dict[str, Any]:
    """Los totales de los gastos de un período."""
    period = within(OperationalExpense.expense_date, date_from, date_to)
    total = _sum(OperationalExpense.amount, "total_amount")
    count = func.count().label("expense_count")
    by_category = select(OperationalExpense.category, count, total).where(period)
    ordered = by_category.group_by(OperationalExpense.category).order_by(total.desc())
    sums = fetch_one(db, select(count, total).where(period)) or {}
    return {**sums, "by_category": fetch_all(db, ordered)}
