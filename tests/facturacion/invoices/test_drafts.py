"""Borradores: cambiar solo lo que se envía, y decir todo lo que no sirve."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from common.database import transaction
from common.tables.historia_clinica import Patient
from common.utils import clinic_today
from tests import factories

COMPANY = {"id_type": "RUC", "id_number": "1790016919001", "name": "Empresa S.A."}


@pytest.fixture
def cashier(api):
    """La caja."""
    return api("facturacion", role="Recepcion")


def line(**values):
    return {"description": "Consulta", "unit_price": 30, "iva_rate": 15, **values}


def made(cashier, **values):
    body = {"items": [line()], **values}
    if not body.keys() & {"patient_id", "buyer", "appointment_id"}:
        body["patient_id"] = factories.patient()
    response = cashier.post("/invoices", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def of_visit(cashier, **values):
    visit = factories.appointment(treatments={factories.treatment(base_price="40.00"): 1})
    response = cashier.post("/invoices", {"appointment_id": visit, **values})
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def put(cashier, invoice, body):
    return cashier.put(f"/invoices/{invoice['invoice_id']}", body)


def changed(cashier, invoice, body):
    response = put(cashier, invoice, body)
    assert response.status_code == 200, response.json
    return response.json["data"]["invoice"]


def fields(response):
    assert response.status_code == 422, response.json
    return {error["field"] for error in response.json["errors"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"iva_rate": 0}, "iva_rate"),
        ({"iva_rate": None}, "iva_rate"),
        ({"items": None}, "items"),
        ({"items": []}, "items"),
        ({"subtotal": None}, "subtotal"),
        ({"items": [line()], "iva_rate": 0}, "iva_rate"),
        ({"items": [line()], "subtotal": 5}, "subtotal"),
        ({"patient_id": None, "buyer": None}, "patient_id"),
    ],
)
def test_a_change_that_means_nothing_is_refused(cashier, body, field):
    draft = made(cashier)
    assert field in fields(put(cashier, draft, body))
    assert changed(cashier, draft, {}) == draft


def test_a_rate_without_its_amount_is_refused_on_creation(cashier):
    visit = factories.appointment(treatments={factories.treatment(): 1})
    by_lines = {"patient_id": factories.patient(), "items": [line()], "iva_rate": 15}
    for body in (by_lines, {"appointment_id": visit, "iva_rate": 15}):
        assert fields(cashier.post("/invoices", body)) == {"iva_rate"}


def test_changing_only_the_amount_keeps_the_rate(cashier):
    draft = made(cashier)
    again = changed(cashier, draft, {"subtotal": 100})
    assert (again["subtotal"], again["iva_amount"]) == (100, 15)
    assert changed(cashier, draft, {"subtotal": 100, "iva_rate": 0})["iva_amount"] == 0


def test_the_short_form_bills_a_visit_with_one_line(cashier):
    invoice = of_visit(cashier, subtotal=55, iva_rate=0)
    assert [(i["description"], i["subtotal"]) for i in invoice["items"]] == [("Servicios médicos", 55)]
    assert invoice["appointment_id"] is not None


def test_the_buyer_stays_while_the_patient_does(cashier):
    patient = factories.patient()
    draft = made(cashier, patient_id=patient, buyer=COMPANY)
    assert changed(cashier, draft, {"patient_id": patient}) == draft
    assert changed(cashier, draft, {"items": [line()]})["buyer"] == draft["buyer"]
    other = changed(cashier, draft, {"patient_id": factories.patient(first_name="Eva")})
    assert other["buyer"]["name"] == "Eva Pérez"


def test_a_null_buyer_is_the_patient_again(cashier):
    patient = factories.patient(first_name="Ana")
    draft = made(cashier, patient_id=patient, buyer=COMPANY)
    assert changed(cashier, draft, {"buyer": None})["buyer"]["name"] == "Ana Pérez"


def test_the_present_data_of_the_patient_arrives_only_when_asked(cashier):
    patient = factories.patient(first_name="Ana")
    draft = made(cashier, patient_id=patient)
    with transaction() as db:
        db.execute(update(Patient).values(first_name="Anita"))
    assert changed(cashier, draft, {"patient_id": patient})["buyer"]["name"] == "Ana Pérez"
    assert changed(cashier, draft, {"buyer": None})["buyer"]["name"] == "Anita Pérez"


def test_a_draft_without_patient_keeps_its_buyer(cashier):
    draft = made(cashier)
    again = changed(cashier, draft, {"patient_id": None})
    assert (again["patient_id"], again["buyer"]) == (None, draft["buyer"])


def test_detaching_the_visit_keeps_the_rest(cashier):
    draft = of_visit(cashier, buyer=COMPANY)
    detached = changed(cashier, draft, {"appointment_id": None})
    assert detached == {**draft, "appointment_id": None}


def test_the_patient_of_a_visit_is_not_changed_nor_emptied(cashier):
    draft = of_visit(cashier)
    for patient in (None, factories.patient()):
        assert fields(put(cashier, draft, {"patient_id": patient})) == {"patient_id"}
    assert changed(cashier, draft, {"patient_id": draft["patient_id"]}) == draft


def test_another_visit_brings_its_patient_and_its_lines(cashier):
    draft = made(cashier, buyer=COMPANY)
    patient = factories.patient(first_name="Eva")
    visit = factories.appointment(patient_id=patient, treatments={factories.treatment(base_price="12.00"): 2})
    moved = changed(cashier, draft, {"appointment_id": visit})
    assert (moved["patient_id"], moved["buyer"]["name"], moved["total_amount"]) == (patient, "Eva Pérez", 24)
    assert changed(cashier, moved, {"appointment_id": visit, "items": [line()]})["subtotal"] == 30
    assert changed(cashier, moved, {"appointment_id": visit})["subtotal"] == 30


def test_every_problem_of_an_invoice_is_named_at_once(cashier):
    tomorrow = (clinic_today() + timedelta(days=1)).isoformat()
    items = [{"product_id": 999}, line(discount=31), {"treatment_id": 999, "product_id": 998}, {}]
    body = {"patient_id": 999, "buyer": COMPANY, "items": items, "issue_date": tomorrow, "iva_rate": 0}
    expected = {
        "patient_id",
        "issue_date",
        "iva_rate",
        "items[0].product_id",
        "items[1].discount",
        "items[2].product_id",
        "items[2].treatment_id",
        "items[3].description",
        "items[3].unit_price",
    }
    assert fields(cashier.post("/invoices", body)) == expected
    assert fields(put(cashier, made(cashier), body)) == expected


def test_an_unknown_visit_is_the_only_problem(cashier):
    assert fields(cashier.post("/invoices", {"appointment_id": 999})) == {"appointment_id"}
    assert fields(cashier.post("/invoices", {})) == {"patient_id", "items"}


def test_a_total_that_does_not_fit_names_the_lines(cashier):
    huge = [line(quantity=999_999.999, unit_price=999_999.99) for _ in range(200)]
    body = {"patient_id": factories.patient(), "items": huge}
    assert fields(cashier.post("/invoices", body)) == {"items"}
    dear = [factories.treatment(base_price="999999.99") for _ in range(2)]
    visit = factories.appointment(treatments=dict.fromkeys(dear, "999999.999"))
    assert fields(cashier.post("/invoices", {"appointment_id": visit})) == {"items"}


@pytest.mark.parametrize("id_type", ["PASAPORTE", "06", "EXTERIOR", "08", "RUC", "CEDULA"])
@pytest.mark.parametrize("number", ["9999999999999", "9999-9999-99999"])
def test_only_consumidor_final_has_its_number(cashier, id_type, number):
    buyer = {"id_type": id_type, "id_number": number, "name": "Eva"}
    assert fields(cashier.post("/invoices", {"buyer": buyer, "items": [line()]})) == {"buyer.id_number"}


def test_the_number_of_consumidor_final_is_stored_bare(cashier):
    buyer = {"id_type": "07", "id_number": "9999-9999-99999"}
    assert made(cashier, buyer=buyer)["buyer"]["id_number"] == "9999999999999"


@pytest.mark.parametrize("number", ["1790016919001", "123"])
def test_consumidor_final_has_no_other_number(cashier, number):
    buyer = {"id_type": "CONSUMIDOR_FINAL", "id_number": number}
    assert fields(cashier.post("/invoices", {"buyer": buyer, "items": [line()]})) == {"buyer.id_number"}


@pytest.mark.parametrize("status", ["ANNULLED", "DRAFT"])
def test_the_payment_method_is_chosen_only_when_issuing_or_paying(api, status):
    accountant = api("facturacion", role="Contador")
    invoice = made(accountant, status="ISSUED")
    path = f"/invoices/{invoice['invoice_id']}/status"
    body = {"status": status, "reason": "Error", "payment_method": "TARJETA_CREDITO"}
    assert fields(accountant.patch(path, body)) == {"payment_method"}
    annulled = accountant.patch(path, {"status": "ANNULLED", "reason": "Error"}).json["data"]["invoice"]
    assert annulled["payment_method"] == "EFECTIVO"


def test_internal_use_and_sale_of_one_product_are_two_quantities(api, cashier):
    product = factories.product(10, sale_price="0.00")
    visit = factories.appointment(extras={product: 3})
    body = {"appointment_id": visit, "items": [{"product_id": product, "quantity": 2, "unit_price": 5}]}
    assert cashier.post("/invoices", {**body, "status": "ISSUED"}).status_code == 201
    stock = api("inventario").get(f"/products/{product}").json["data"]["product"]["stock_quantity"]
    assert stock == 8
    api("citas").patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})
    stock = api("inventario").get(f"/products/{product}").json["data"]["product"]["stock_quantity"]
    assert stock == 5
