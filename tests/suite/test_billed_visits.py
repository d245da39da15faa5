"""Lo que ya se facturó no se cancela ni se cambia: lo vendido siempre sale de inventario."""

from functools import partial

import pytest
from sqlalchemy import select

from common.database import fetch_all, fetch_value, reading
from common.tables.citas import Appointment
from common.tables.facturacion import Invoice
from common.tables.inventario import Product
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def citas(api):
    """La agenda."""
    return api("citas", role="Recepcion")


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def visit_with_goods():
    product = factories.product(10)
    return factories.appointment(treatments={factories.treatment(): 1}, extras={product: 3}), product


def billed(accountant, visit, status="ISSUED"):
    response = accountant.post("/invoices", {"appointment_id": visit, "status": status})
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def set_status(client, invoice, status):
    body = {"status": status, "reason": "Prueba"}
    return client.patch(f"/invoices/{invoice['invoice_id']}/status", body)


def stock_of(product_id):
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product_id))


@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW"])
@pytest.mark.parametrize("paid", [False, True])
def test_a_billed_visit_is_not_cancelled(citas, accountant, status, paid):
    visit, _ = visit_with_goods()
    invoice = billed(accountant, visit)
    if paid:
        set_status(accountant, invoice, "PAID")
    refused = citas.patch(f"/appointments/{visit}/status", {"status": status})
    assert (refused.status_code, refused.json["code"]) == (409, "cita_facturada")
    assert refused.json["data"]["invoice_number"] == invoice["invoice_number"]
    assert invoice["invoice_number"] in refused.json["message"]
    assert citas.get(f"/appointments/{visit}").json["data"]["appointment"]["status"] == "PENDING"


def test_a_billed_visit_is_completed_and_its_goods_leave(citas, accountant):
    visit, product = visit_with_goods()
    billed(accountant, visit)
    assert stock_of(product) == 10
    assert citas.patch(f"/appointments/{visit}/status", {"status": "COMPLETED"}).status_code == 200
    assert stock_of(product) == 7


def test_the_lines_of_a_billed_visit_are_read_only(citas, accountant):
    visit, product = visit_with_goods()
    detail = citas.get(f"/appointments/{visit}").json["data"]["appointment"]
    treatment = f"/appointments/treatments/{detail['treatments'][0]['detail_id']}"
    extra = f"/appointments/extras/{detail['extras'][0]['extra_id']}"
    billed(accountant, visit)
    attempts = [
        citas.post(f"/appointments/{visit}/treatments", {"treatment_id": factories.treatment()}),
        citas.post(f"/appointments/{visit}/extras", {"product_id": product}),
        citas.put(treatment, {"quantity": 2}),
        citas.put(extra, {"quantity": 1}),
        citas.delete(treatment),
        citas.delete(extra),
    ]
    assert [(r.status_code, r.json["code"]) for r in attempts] == [(409, "cita_facturada")] * 6
    assert citas.get(f"/appointments/{visit}").json["data"]["appointment"] == detail


def test_a_draft_or_an_annulled_invoice_does_not_hold_the_visit(citas, accountant):
    visit, product = visit_with_goods()
    draft = billed(accountant, visit, "DRAFT")
    assert citas.post(f"/appointments/{visit}/extras", {"product_id": product}).status_code == 201
    for status in ("ISSUED", "ANNULLED"):
        set_status(accountant, draft, status)
    assert citas.patch(f"/appointments/{visit}/status", {"status": "CANCELLED"}).status_code == 200


@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW"])
def test_the_draft_of_a_cancelled_visit_is_not_issued(citas, accountant, status):
    visit, _ = visit_with_goods()
    draft = billed(accountant, visit, "DRAFT")
    citas.patch(f"/appointments/{visit}/status", {"status": status})
    path = f"/invoices/{draft['invoice_id']}"
    for refused in (set_status(accountant, draft, "ISSUED"), accountant.put(path, {"status": "ISSUED"})):
        assert (refused.status_code, refused.json["code"]) == (409, "cita_cancelada")
    assert accountant.get(path).json["data"]["invoice"]["invoice_number"] is None


def test_issuing_and_cancelling_at_once_never_leave_a_billed_visit_cancelled(citas, accountant):
    visits = [visit_with_goods()[0] for _ in range(15)]
    drafts = [billed(accountant, visit, "DRAFT") for visit in visits]
    cancel = [partial(citas.patch, f"/appointments/{v}/status", {"status": "CANCELLED"}) for v in visits]
    issue = [partial(set_status, accountant, draft, "ISSUED") for draft in drafts]
    answers = at_once([call for pair in zip(cancel, issue, strict=True) for call in pair])
    assert {response.status_code for response in answers} == {200, 409}
    statement = select(Appointment.status, Invoice.status.label("invoice")).join(
        Invoice, Invoice.appointment_id == Appointment.appointment_id
    )
    with reading() as db:
        found = {(row["status"], row["invoice"]) for row in fetch_all(db, statement)}
    assert found <= {("CANCELLED", "DRAFT"), ("PENDING", "ISSUED")}


def test_what_leaves_is_what_was_sold_though_the_visit_changes_while_it_is_issued(citas, accountant):
    visits = [visit_with_goods() for _ in range(15)]
    add, issue = [], []
    for visit, product in visits:
        items = [{"product_id": product, "quantity": 4}]
        body = {"appointment_id": visit, "items": items}
        draft = accountant.post("/invoices", body).json["data"]["invoice"]
        extra = {"product_id": product, "quantity": 1}
        add.append(partial(citas.post, f"/appointments/{visit}/extras", extra))
        issue.append(partial(set_status, accountant, draft, "ISSUED"))
    answers = at_once([call for pair in zip(add, issue, strict=True) for call in pair])
    assert [r.status_code for r in answers[1::2]] == [200] * 15
    for visit, product in visits:
        assert citas.patch(f"/appointments/{visit}/status", {"status": "COMPLETED"}).status_code == 200
        assert stock_of(product) == 6
