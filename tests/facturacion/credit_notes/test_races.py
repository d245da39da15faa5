"""Notas de crédito a la vez: nunca devuelven más que la factura, ni se traban entre sí."""

from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import func, select

from common.database import fetch_all, fetch_value, reading
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice, InvoicePayment
from common.tables.inventario import Product, StockMovement
from scripts.trials.at_once import at_once
from tests import factories
from tests.facturacion.credit_notes.credited import annul, billed, credit, credited, seen, stock_of


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def statuses(calls):
    """Los estados con que acaban, contados."""
    return Counter(response.status_code for response in at_once(calls))


def live_total():
    total = func.coalesce(func.sum(CreditNote.total_amount), 0)
    with reading() as db:
        return fetch_value(db, select(total).where(CreditNote.status == "ISSUED"))


def test_of_fifty_simultaneous_whole_credits_one_is_made(accountant):
    cream = factories.product(10)
    invoice = billed(accountant, {"product_id": cream, "quantity": 4, "unit_price": 2.35})
    assert statuses([partial(credit, accountant, invoice)] * 50) == {201: 1, 422: 49}
    assert (live_total(), stock_of(cream)) == (Decimal(str(invoice["total_amount"])), 10)


def test_fifty_simultaneous_parts_never_pass_the_invoice(accountant):
    cream = factories.product(50)
    line = {"product_id": cream, "quantity": 20, "unit_price": 0.37, "discount": 0.5, "iva_rate": 15}
    invoice = billed(accountant, line)
    part = partial(credit, accountant, invoice, {"line": 0, "quantity": 0.5})
    assert statuses([part] * 50) == {201: 40, 422: 10}
    now = seen(accountant, invoice)
    assert (now["credited_amount"], now["balance"], stock_of(cream)) == (invoice["total_amount"], 0, 50)
    with reading() as db:
        numbers = {row["credit_note_number"] for row in fetch_all(db, select(CreditNote.credit_note_number))}
    assert numbers == {f"001-001-{number:09d}" for number in range(1, 41)}


def test_paying_and_crediting_at_once_never_receive_more_than_what_is_left(accountant):
    invoices = [billed(accountant, {"description": "Consulta", "unit_price": 100}) for _ in range(10)]
    body = {"amount": 60, "payment_method": "EFECTIVO"}
    pays = [partial(accountant.post, f"/invoices/{i['invoice_id']}/payments", body) for i in invoices]
    lowers = [partial(credit, accountant, i, {"line": 0, "amount": 60}) for i in invoices]
    assert set(statuses([c for pair in zip(pays, lowers, strict=True) for c in pair])) <= {201, 422}
    paid = (
        select(func.coalesce(func.sum(InvoicePayment.amount), 0))
        .where(InvoicePayment.invoice_id == Invoice.invoice_id)
        .scalar_subquery()
    )
    with reading() as db:
        rows = fetch_all(db, select(Invoice.status, paid.label("paid")))
    # Si la nota llegó antes, los 60 ya no caben en el saldo; si llegó después, se devuelven 20.
    assert {(row["status"], row["paid"]) for row in rows} <= {("ISSUED", 0), ("PAID", 60)}


def test_crediting_and_annulling_the_invoice_at_once_never_do_both(accountant):
    invoices = [billed(accountant) for _ in range(10)]
    body = {"status": "ANNULLED", "reason": "Error"}
    annuls = [partial(accountant.patch, f"/invoices/{i['invoice_id']}/status", body) for i in invoices]
    credits = [partial(credit, accountant, i) for i in invoices]
    at_once([c for pair in zip(annuls, credits, strict=True) for c in pair])
    with reading() as db:
        notes = select(CreditNote.invoice_id).where(CreditNote.invoice_id == Invoice.invoice_id)
        rows = fetch_all(db, select(Invoice.status, notes.exists().label("has_note")))
    assert {(row["status"], row["has_note"]) for row in rows} <= {("ANNULLED", False), ("ISSUED", True)}


def test_a_note_is_annulled_once_and_its_goods_leave_once(accountant):
    cream = factories.product(10)
    note = credited(accountant, billed(accountant, {"product_id": cream, "quantity": 4}))
    assert statuses([partial(annul, accountant, note)] * 50) == {200: 1, 409: 49}
    assert stock_of(cream) == 6


def test_crossed_returns_and_sales_never_deadlock(accountant):
    first, second = factories.product(1000), factories.product(1000)
    lines = [{"product_id": first, "quantity": 2}, {"product_id": second, "quantity": 2}]
    patient = factories.patient()
    ready = [
        billed(accountant, *(lines if n % 2 else reversed(lines)), patient_id=patient) for n in range(20)
    ]
    notes = [credited(accountant, invoice) for invoice in ready[10:]]
    sale = {"patient_id": patient, "status": "ISSUED", "items": lines}
    calls = [partial(credit, accountant, invoice) for invoice in ready[:10]]
    calls += [partial(annul, accountant, note) for note in notes]
    calls += [partial(accountant.post, "/invoices", sale) for _ in range(10)]
    assert statuses(calls) == {201: 20, 200: 10}
    with reading() as db:
        assert fetch_value(db, select(func.sum(Product.stock_quantity))) == 2000 - 80
        assert fetch_value(db, select(func.sum(StockMovement.quantity))) == 2000 - 80
