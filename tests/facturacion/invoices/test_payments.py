"""Cobros: enteros o en partes, nunca más que el saldo, y lo cobrado cuadra siempre."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from common.database import fetch_value, reading
from common.tables.facturacion import Invoice, InvoicePayment
from common.utils import clinic_today
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def cashier(api):
    """La caja: hace, emite y cobra facturas."""
    return api("facturacion", role="Recepcion")


@pytest.fixture
def accountant(api):
    """Contabilidad: además anula."""
    return api("facturacion", role="Contador")


def made(client, price=100, **values):
    body = {"patient_id": factories.patient(), "status": "ISSUED", **values}
    body |= {"items": [{"description": "Consulta", "unit_price": price}]}
    response = client.post("/invoices", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]["invoice_id"]


def pay(client, invoice_id, amount, **values):
    body = {"amount": amount, "payment_method": "EFECTIVO", **values}
    return client.post(f"/invoices/{invoice_id}/payments", body)


def seen(client, invoice_id):
    """Lo que la factura dice de sí: estado, cobrado y saldo."""
    found = client.get(f"/invoices/{invoice_id}").json["data"]["invoice"]
    return found["status"], found["paid_amount"], found["balance"]


def collected(invoice_id):
    with reading() as db:
        total = select(func.sum(InvoicePayment.amount)).where(InvoicePayment.invoice_id == invoice_id)
        return fetch_value(db, total)


def test_an_invoice_is_paid_in_parts(cashier):
    invoice = made(cashier)
    first = pay(cashier, invoice, 30.25, payment_method="TRANSFERENCIA", reference="0045")
    assert first.status_code == 201
    assert first.headers["Location"] == f"/api/facturacion/invoices/{invoice}/payments"
    payment = first.json["data"]["payment"]
    assert (payment["amount"], payment["reference"], payment["payment_date"]) == (
        30.25,
        "0045",
        clinic_today().isoformat(),
    )
    assert seen(cashier, invoice) == ("ISSUED", 30.25, 69.75)
    last = pay(cashier, invoice, 69.75).json["data"]["invoice"]
    assert (last["status"], last["paid_amount"], last["balance"]) == ("PAID", 100, 0)
    assert last["paid_at"] is not None
    assert last["payment_method"] == "EFECTIVO"


def test_the_payments_are_listed_with_what_is_left(api):
    who = factories.user("Recepcion", full_name="Rosa Caja")
    cashier = api("facturacion", user_id=who)
    invoice = made(cashier)
    yesterday = (clinic_today() - timedelta(days=1)).isoformat()
    pay(cashier, invoice, 10, payment_date=yesterday)
    pay(cashier, invoice, 20)
    data = cashier.get(f"/invoices/{invoice}/payments").json["data"]
    assert [payment["amount"] for payment in data["payments"]] == [10, 20]
    assert (data["payments"][0]["payment_date"], data["payments"][0]["received_by_name"]) == (
        yesterday,
        "Rosa Caja",
    )
    assert (data["paid_amount"], data["balance"]) == (30, 70)


def test_no_more_than_the_balance_is_received(cashier):
    invoice = made(cashier)
    pay(cashier, invoice, 60)
    refused = pay(cashier, invoice, 40.01)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "amount")
    assert "40.00" in refused.json["errors"][0]["message"]
    assert seen(cashier, invoice) == ("ISSUED", 60, 40)


@pytest.mark.parametrize("status", ["DRAFT", "PAID", "ANNULLED"])
def test_only_an_issued_invoice_is_paid(accountant, status):
    invoice = made(accountant, status="DRAFT" if status == "DRAFT" else "ISSUED")
    if status != "DRAFT":
        accountant.patch(f"/invoices/{invoice}/status", {"status": status, "reason": "Error"})
    refused = pay(accountant, invoice, 1)
    assert (refused.status_code, refused.json["code"]) == (409, "factura_no_cobrable")
    assert refused.json["data"] == {"status": status}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 0),
        ("amount", -1),
        ("amount", 1.001),
        ("amount", "10"),
        ("payment_method", "FIADO"),
        ("payment_date", "2026-02-30"),
        ("reference", ""),
        ("note", "x"),
    ],
)
def test_a_wrong_payment_is_refused_by_its_field(cashier, field, value):
    refused = pay(cashier, made(cashier), **{"amount": 10, field: value})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)


def test_a_payment_is_never_of_tomorrow(cashier):
    tomorrow = (clinic_today() + timedelta(days=1)).isoformat()
    refused = pay(cashier, made(cashier), 10, payment_date=tomorrow)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "payment_date")


def test_marking_it_paid_receives_what_was_left(cashier):
    invoice = made(cashier)
    pay(cashier, invoice, 30)
    done = cashier.patch(
        f"/invoices/{invoice}/status", {"status": "PAID", "payment_method": "TARJETA_CREDITO"}
    ).json["data"]["invoice"]
    assert (done["paid_amount"], done["balance"]) == (100, 0)
    payments = cashier.get(f"/invoices/{invoice}/payments").json["data"]["payments"]
    assert [(p["amount"], p["payment_method"]) for p in payments] == [
        (30, "EFECTIVO"),
        (70, "TARJETA_CREDITO"),
    ]


def test_an_invoice_worth_nothing_is_paid_without_money(cashier):
    invoice = made(cashier, price=0)
    assert pay(cashier, invoice, 0.01).status_code == 422
    cashier.patch(f"/invoices/{invoice}/status", {"status": "PAID"})
    assert seen(cashier, invoice) == ("PAID", 0, 0)
    assert cashier.get(f"/invoices/{invoice}/payments").json["data"]["payments"] == []


def test_the_payments_of_an_annulled_invoice_stay_on_record(accountant):
    invoice = made(accountant)
    pay(accountant, invoice, 30)
    accountant.patch(f"/invoices/{invoice}/status", {"status": "ANNULLED", "reason": "Error"})
    data = accountant.get(f"/invoices/{invoice}/payments").json["data"]
    assert ([p["amount"] for p in data["payments"]], data["paid_amount"], data["balance"]) == ([30], 30, 0)


def test_a_draft_owes_nothing_yet(cashier):
    assert seen(cashier, made(cashier, status="DRAFT")) == ("DRAFT", 0, 0)


def test_the_same_key_receives_once(cashier):
    invoice = made(cashier)
    path, body = f"/invoices/{invoice}/payments", {"amount": 10, "payment_method": "EFECTIVO"}
    first, again = (cashier.post(path, body, headers={"Idempotency-Key": "caja-1"}) for _ in range(2))
    assert (first.json, again.headers["Idempotent-Replayed"]) == (again.json, "true")
    assert collected(invoice) == 10


def test_what_does_not_exist_is_not_found(cashier):
    assert pay(cashier, 999, 1).status_code == 404
    assert cashier.get("/invoices/999/payments").status_code == 404


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [
        ("Recepcion", 200, 201),
        ("Contador", 200, 201),
        ("Doctor", 403, 403),
        ("Bodega", 403, 403),
        (None, 401, 401),
    ],
)
def test_only_who_handles_invoices_receives_payments(api, cashier, role, read, write):
    invoice, client = made(cashier), api("facturacion", role=role)
    assert client.get(f"/invoices/{invoice}/payments").status_code == read
    assert pay(client, invoice, 1).status_code == write


def test_of_two_hundred_simultaneous_payments_only_what_was_owed_comes_in(cashier):
    invoice = made(cashier, price=100)
    responses = at_once([lambda: pay(cashier, invoice, 0.99)] * 200)
    counted = Counter(response.status_code for response in responses)
    assert counted == {201: 101, 422: 99}
    assert collected(invoice) == Decimal("99.99")
    assert seen(cashier, invoice) == ("ISSUED", 99.99, 0.01)


def test_paying_and_settling_at_once_never_receives_twice(cashier):
    invoices = [made(cashier) for _ in range(10)]
    calls = [lambda i=i: pay(cashier, i, 100) for i in invoices]
    calls += [lambda i=i: cashier.patch(f"/invoices/{i}/status", {"status": "PAID"}) for i in invoices]
    assert {response.status_code for response in at_once(calls)} <= {200, 201, 409}
    with reading() as db:
        assert fetch_value(db, select(func.sum(InvoicePayment.amount))) == 1000
        unpaid = select(func.count()).select_from(Invoice).where(Invoice.status != "PAID")
        assert fetch_value(db, unpaid) == 0
