"""Una visita cuya factura se devolvió entera se puede facturar, cambiar y reabrir de nuevo."""

from functools import partial

import pytest
from sqlalchemy import func, select

from common.database import reading
from common.tables.facturacion import Invoice
from scripts.trials.at_once import at_once
from tests import factories
from tests.facturacion.credit_notes.credited import annul, annulled, billed, credited, stock_of


@pytest.fixture
def citas(api):
    """La agenda, con permiso de reabrir."""
    return api("citas")


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


@pytest.fixture
def product():
    return factories.product(10)


@pytest.fixture
def visit(product):
    return factories.appointment(treatments={factories.treatment(): 1}, extras={product: 3})


def set_status(citas, visit, status):
    return citas.patch(f"/appointments/{visit}/status", {"status": status, "reason": "Prueba"})


def code_of(response):
    return response.status_code, response.json.get("code")


def test_a_visit_partly_credited_is_still_billed(citas, accountant, visit):
    invoice = billed(accountant, appointment_id=visit)
    credited(accountant, invoice, {"line": 0, "amount": 1})
    again = accountant.post("/invoices", {"appointment_id": visit})
    assert code_of(again) == (409, "cita_ya_facturada")
    assert code_of(set_status(citas, visit, "CANCELLED")) == (409, "cita_facturada")


def test_a_visit_credited_in_full_is_billed_again(accountant, visit):
    first = billed(accountant, appointment_id=visit)
    credited(accountant, first)
    second = billed(accountant, appointment_id=visit)
    assert second["total_amount"] == first["total_amount"]
    assert code_of(accountant.post("/invoices", {"appointment_id": visit})) == (409, "cita_ya_facturada")


def test_a_visit_credited_in_full_is_changed_cancelled_and_its_goods_stay(citas, accountant, visit, product):
    credited(accountant, billed(accountant, appointment_id=visit))
    extra = {"product_id": product, "quantity": 1}
    assert citas.post(f"/appointments/{visit}/extras", extra).status_code == 201
    assert set_status(citas, visit, "CANCELLED").status_code == 200
    assert stock_of(product) == 10


def test_a_completed_visit_is_reopened_once_it_is_credited_in_full(citas, accountant, visit, product):
    set_status(citas, visit, "COMPLETED")
    invoice = billed(accountant, appointment_id=visit)
    assert code_of(set_status(citas, visit, "IN_PROGRESS")) == (409, "cita_facturada")
    credited(accountant, invoice)
    assert stock_of(product) == 7
    assert set_status(citas, visit, "IN_PROGRESS").status_code == 200
    assert stock_of(product) == 10


def test_a_new_invoice_holds_the_visit_like_the_first(citas, accountant, visit):
    credited(accountant, billed(accountant, appointment_id=visit))
    second = billed(accountant, appointment_id=visit)
    refused = set_status(citas, visit, "CANCELLED")
    assert code_of(refused) == (409, "cita_facturada")
    assert refused.json["data"]["invoice_number"] == second["invoice_number"]


def test_a_note_is_not_annulled_while_another_invoice_bills_the_visit(accountant, visit):
    note = credited(accountant, billed(accountant, appointment_id=visit))
    second = billed(accountant, appointment_id=visit)
    assert code_of(annul(accountant, note)) == (409, "cita_ya_facturada")
    path = f"/invoices/{second['invoice_id']}/status"
    assert accountant.patch(path, {"status": "ANNULLED", "reason": "Error"}).status_code == 200
    annulled(accountant, note)


@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW"])
def test_a_note_is_not_annulled_if_the_visit_did_not_happen(citas, accountant, visit, status):
    note = credited(accountant, billed(accountant, appointment_id=visit))
    set_status(citas, visit, status)
    assert code_of(annul(accountant, note)) == (409, "cita_cancelada")


def test_a_part_of_the_credit_is_annulled_though_the_visit_has_another_invoice(accountant, visit):
    invoice = billed(accountant, appointment_id=visit)
    first = credited(accountant, invoice, {"line": 0, "amount": 1})
    credited(accountant, invoice)
    billed(accountant, appointment_id=visit)
    # Sin esa parte la primera factura volvería a cobrar la visita.
    assert code_of(annul(accountant, first)) == (409, "cita_ya_facturada")


def test_billing_again_and_annulling_the_note_at_once_never_leave_two_live_invoices(accountant):
    visits = [factories.appointment(treatments={factories.treatment(): 1}) for _ in range(15)]
    notes = [credited(accountant, billed(accountant, appointment_id=visit)) for visit in visits]
    annuls = [partial(annul, accountant, note) for note in notes]
    bills = [
        partial(accountant.post, "/invoices", {"appointment_id": visit, "status": "ISSUED"})
        for visit in visits
    ]
    answers = at_once([call for pair in zip(annuls, bills, strict=True) for call in pair])
    assert {response.status_code for response in answers} <= {200, 201, 409}
    live = select(func.count()).where(~Invoice.credited_in_full).group_by(Invoice.appointment_id)
    with reading() as db:
        assert [row[0] for row in db.execute(live)] == [1] * 15


def test_cancelling_and_annulling_the_note_at_once_never_leave_a_billed_visit_cancelled(citas, accountant):
    visits = [factories.appointment(treatments={factories.treatment(): 1}) for _ in range(15)]
    notes = [credited(accountant, billed(accountant, appointment_id=visit)) for visit in visits]
    cancels = [partial(set_status, citas, visit, "CANCELLED") for visit in visits]
    annuls = [partial(annul, accountant, note) for note in notes]
    answers = at_once([call for pair in zip(cancels, annuls, strict=True) for call in pair])
    assert {response.status_code for response in answers} == {200, 409}
    for number, visit in enumerate(visits):
        status = citas.get(f"/appointments/{visit}").json["data"]["appointment"]["status"]
        credited_again = accountant.get(f"/credit-notes/{notes[number]['credit_note_id']}").json
        note_status = credited_again["data"]["credit_note"]["status"]
        assert (status, note_status) in {("CANCELLED", "ISSUED"), ("PENDING", "ANNULLED")}
