"""Cuentas por cobrar: lo que se debía al final de un día, desde cuándo y quién lo debía."""

from datetime import timedelta

import pytest

from common.utils import clinic_today
from tests import factories


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def day(ago):
    return (clinic_today() - timedelta(days=ago)).isoformat()


def issued(client, price, ago=0, **values):
    body = {"patient_id": factories.patient(), "status": "ISSUED", "issue_date": day(ago), **values}
    body |= {"items": [{"description": "Consulta", "unit_price": price}]}
    response = client.post("/invoices", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]["invoice_id"]


def pay(client, invoice_id, amount, ago=0):
    body = {"amount": amount, "payment_method": "EFECTIVO", "payment_date": day(ago)}
    assert client.post(f"/invoices/{invoice_id}/payments", body).status_code == 201


def report(client, query=""):
    response = client.get(f"/reports/receivables?{query}")
    assert response.status_code == 200, response.json
    return response.json["data"]


def test_nobody_owes_anything_to_an_empty_clinic(accountant):
    found = report(accountant)
    assert (found["date"], found["total"], found["invoice_count"]) == (day(0), 0, 0)
    assert [(b["days_from"], b["days_to"], b["balance"]) for b in found["buckets"]] == [
        (0, 30, 0),
        (31, 60, 0),
        (61, 90, 0),
        (91, None, 0),
    ]
    assert (found["items"], found["by_patient"]) == ([], [])


def test_each_invoice_falls_in_the_bucket_of_its_age(accountant):
    for ago in (0, 30, 31, 60, 61, 90, 91, 400):
        issued(accountant, 10 + ago, ago)
    found = report(accountant)
    assert [(b["invoice_count"], b["balance"]) for b in found["buckets"]] == [
        (2, 50),
        (2, 111),
        (2, 171),
        (2, 511),
    ]
    assert found["total"] == 843
    assert [item["days"] for item in found["items"]] == [400, 91, 90, 61, 60, 31, 30, 0]


def test_only_what_is_left_of_live_issued_invoices_is_owed(accountant):
    partly, whole, annulled = (issued(accountant, 100) for _ in range(3))
    issued(accountant, 100, status="DRAFT", issue_date=day(0))
    issued(accountant, 0)
    pay(accountant, partly, 30.5)
    pay(accountant, whole, 100)
    accountant.patch(f"/invoices/{annulled}/status", {"status": "ANNULLED", "reason": "Error"})
    found = report(accountant)
    (item,) = found["items"]
    assert (item["invoice_id"], item["paid_amount"], item["balance"]) == (partly, 30.5, 69.5)
    assert found["total"] == 69.5


def test_a_past_day_is_seen_as_it_was(accountant):
    invoice = issued(accountant, 100, ago=40)
    pay(accountant, invoice, 30, ago=20)
    pay(accountant, invoice, 70, ago=5)
    issued(accountant, 7, ago=3)
    totals = {ago: report(accountant, f"date={day(ago)}")["total"] for ago in (41, 40, 21, 20, 6, 5, 3)}
    assert totals == {41: 0, 40: 100, 21: 100, 20: 70, 6: 70, 5: 0, 3: 7}
    (item,) = report(accountant, f"date={day(6)}")["items"]
    assert (item["days"], item["paid_amount"], item["total_amount"]) == (34, 30, 100)


def test_each_patient_owes_the_sum_of_theirs(accountant):
    ana = factories.patient(first_name="Ana", last_name="Vera")
    issued(accountant, 10, patient_id=ana)
    issued(accountant, 15, patient_id=ana)
    issued(accountant, 5, patient_id=None, buyer={"id_type": "CONSUMIDOR_FINAL"})
    found = report(accountant)
    rows = [(r["patient_name"], r["invoice_count"], r["balance"]) for r in found["by_patient"]]
    assert rows == [("Ana Vera", 2, 25), (None, 1, 5)]


def test_the_items_come_in_pages_and_the_sums_do_not(accountant):
    for _ in range(3):
        issued(accountant, 10)
    found = report(accountant, "page=2&per_page=2")
    assert (len(found["items"]), found["pagination"]["total"], found["total"]) == (1, 3, 30)


def test_the_debtors_come_in_the_same_pages_who_owes_most_first(accountant):
    for price in (10, 30, 20):
        issued(accountant, price)
    pages = [report(accountant, f"page={page}&per_page=2")["by_patient"] for page in (1, 2, 3)]
    assert [[row["balance"] for row in page] for page in pages] == [[30, 20], [10], []]


@pytest.mark.parametrize("value", ["ayer", "2026-02-30", ""])
def test_a_malformed_day_is_refused(accountant, value):
    refused = accountant.get(f"/reports/receivables?date={value}")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "date")


def test_tomorrow_is_not_known_yet(accountant):
    assert accountant.get(f"/reports/receivables?date={day(-1)}").status_code == 422


@pytest.mark.parametrize(("role", "status"), [("Contador", 200), ("Recepcion", 403), (None, 401)])
def test_only_who_may_see_results_sees_what_is_owed(api, role, status):
    assert api("facturacion", role=role).get("/reports/receivables").status_code == status
