"""Lo que una nota de crédito cambia de lo cobrado, de lo que falta y de lo que se debe devolver."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.utils import clinic_today, clock_at
from tests.facturacion.credit_notes.credited import annulled, billed, credit, credited, seen

GUAYAQUIL = ZoneInfo("America/Guayaquil")
LINE = {"description": "Consulta", "unit_price": 100}


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def pay(client, invoice, amount, **values):
    body = {"amount": amount, "payment_method": "EFECTIVO", **values}
    return client.post(f"/invoices/{invoice['invoice_id']}/payments", body)


def set_status(client, invoice, status):
    body = {"status": status, "reason": "Error"} if status == "ANNULLED" else {"status": status}
    return client.patch(f"/invoices/{invoice['invoice_id']}/status", body)


def money(client, invoice):
    """Estado, cobrado, devuelto, saldo y por devolver."""
    found = seen(client, invoice)
    figures = ("status", "paid_amount", "credited_amount", "balance", "refund_amount")
    return tuple(found[key] for key in figures)


def lower(client, invoice, amount):
    return credited(client, invoice, {"line": 0, "amount": amount})


def test_a_note_lowers_the_balance_and_no_more_is_received(accountant):
    invoice = billed(accountant, LINE)
    lower(accountant, invoice, 30)
    assert money(accountant, invoice) == ("ISSUED", 0, 30, 70, 0)
    refused = pay(accountant, invoice, 70.01)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "amount")
    assert pay(accountant, invoice, 70).status_code == 201
    assert money(accountant, invoice) == ("PAID", 70, 30, 0, 0)


def test_marking_it_paid_receives_only_what_the_notes_left(accountant):
    invoice = billed(accountant, LINE)
    lower(accountant, invoice, 30)
    assert set_status(accountant, invoice, "PAID").status_code == 200
    assert money(accountant, invoice) == ("PAID", 70, 30, 0, 0)


def test_a_note_for_what_was_left_settles_an_invoice_already_being_paid(accountant):
    invoice = billed(accountant, LINE)
    pay(accountant, invoice, 60)
    note = lower(accountant, invoice, 40)
    assert money(accountant, invoice) == ("PAID", 60, 40, 0, 0)
    assert seen(accountant, invoice)["paid_at"] is not None
    annulled(accountant, note)
    assert money(accountant, invoice) == ("ISSUED", 60, 0, 40, 0)
    assert seen(accountant, invoice)["paid_at"] is None


def test_what_was_paid_and_then_credited_has_to_be_refunded(accountant):
    invoice = billed(accountant, LINE)
    pay(accountant, invoice, 100)
    note = lower(accountant, invoice, 25)
    assert money(accountant, invoice) == ("PAID", 100, 25, 0, 25)
    credited(accountant, invoice)
    assert money(accountant, invoice) == ("PAID", 100, 100, 0, 100)
    annulled(accountant, note)
    assert money(accountant, invoice) == ("PAID", 100, 75, 0, 75)


def test_an_invoice_credited_in_full_is_neither_owed_nor_paid(accountant):
    invoice = billed(accountant, LINE)
    credited(accountant, invoice)
    assert money(accountant, invoice) == ("ISSUED", 0, 100, 0, 0)
    for refused in (pay(accountant, invoice, 1), set_status(accountant, invoice, "PAID")):
        assert (refused.status_code, refused.json["code"]) == (409, "factura_no_cobrable")
        assert "notas de crédito" in refused.json["message"]
    assert owed(accountant)["items"] == []


def test_the_payments_of_an_invoice_say_what_is_left_after_its_notes(accountant):
    invoice = billed(accountant, LINE)
    pay(accountant, invoice, 10)
    lower(accountant, invoice, 30)
    data = accountant.get(f"/invoices/{invoice['invoice_id']}/payments").json["data"]
    assert (data["paid_amount"], data["balance"]) == (10, 60)


def owed(client, day=None):
    response = client.get(f"/reports/receivables?date={day or clinic_today()}")
    assert response.status_code == 200, response.json
    return response.json["data"]


def test_the_receivables_of_a_day_count_the_notes_until_that_day(accountant):
    today = clinic_today()

    def ago(days):
        return today - timedelta(days=days)

    def at(days):
        day = ago(days)
        return clock_at(datetime(day.year, day.month, day.day, 10, tzinfo=GUAYAQUIL))

    with at(40):
        invoice = billed(accountant, LINE)
    with at(30):
        lower(accountant, invoice, 20)
    with at(20):
        pay(accountant, invoice, 30)
    with at(10):
        mistaken = lower(accountant, invoice, 1)
    with at(5):
        lower(accountant, invoice, 49)
    totals = {40: 100, 31: 100, 30: 80, 21: 80, 20: 50, 10: 49, 5: 0, 0: 0}
    assert {d: owed(accountant, ago(d))["total"] for d in totals} == totals
    (item,) = owed(accountant, ago(15))["items"]
    figures = (item["paid_amount"], item["credited_amount"], item["balance"], item["days"])
    assert figures == (30, 20, 50, 25)
    # Anulada, deja de restar desde el principio, y la factura cobrada vuelve a deber ese dólar.
    annulled(accountant, mistaken)
    totals = {40: 100, 30: 80, 20: 50, 10: 50, 5: 1, 0: 1}
    assert {d: owed(accountant, ago(d))["total"] for d in totals} == totals
    assert owed(accountant)["buckets"][1]["balance"] == 1


def test_a_list_of_invoices_and_its_file_carry_what_was_credited(accountant):
    invoice = billed(accountant, LINE)
    pay(accountant, invoice, 100)
    lower(accountant, invoice, 40)
    (found,) = accountant.get("/invoices").json["data"]["invoices"]
    assert (found["credited_amount"], found["refund_amount"]) == (40, 40)
    titles, values = accountant.get("/invoices?format=csv").text.lstrip("\ufeff").splitlines()
    row = dict(zip(titles.split(","), values.split(","), strict=True))
    assert (row["Notas de crédito"], row["Saldo"], row["Por devolver"]) == ("40.00", "0.00", "40.00")


def test_crediting_needs_nothing_paid_to_be_undone(accountant):
    invoice = billed(accountant, LINE)
    notes = [lower(accountant, invoice, amount) for amount in (10, 20, 70)]
    assert money(accountant, invoice) == ("ISSUED", 0, 100, 0, 0)
    for note in notes:
        annulled(accountant, note)
    assert money(accountant, invoice) == ("ISSUED", 0, 0, 100, 0)
    assert credit(accountant, invoice).status_code == 201
