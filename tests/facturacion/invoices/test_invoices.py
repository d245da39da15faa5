"""Facturas: hacerlas, emitirlas, cobrarlas y anularlas."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from common.database import fetch_all, fetch_value, reading, transaction
from common.tables.facturacion import Invoice, InvoiceSequence
from common.tables.historia_clinica import Patient
from common.tables.inventario import Product, StockMovement
from common.utils import clinic_today
from tests import factories


@pytest.fixture
def cashier(api):
    """La caja: hace, emite y cobra facturas."""
    return api("facturacion", role="Recepcion")


@pytest.fixture
def accountant(api):
    """Contabilidad: además anula."""
    return api("facturacion", role="Contador")


def line(**values):
    return {"description": "Consulta", "unit_price": 30, "iva_rate": 0, **values}


def made(api, **values):
    body = {"patient_id": values.pop("patient_id", None) or factories.patient(), "items": [line()]}
    response = api.post("/invoices", {**body, **values})
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def issued(api, **values):
    return made(api, status="ISSUED", **values)


def stock_of(product_id):
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product_id))


def test_a_draft_has_no_number(cashier):
    invoice = made(cashier)
    assert (invoice["status"], invoice["invoice_number"], invoice["issued_at"]) == ("DRAFT", None, None)


def test_numbers_are_consecutive_from_one(cashier):
    numbers = [issued(cashier)["invoice_number"] for _ in range(3)]
    assert numbers == ["001-001-000000001", "001-001-000000002", "001-001-000000003"]


def test_a_failed_issue_wastes_no_number(cashier):
    product = factories.product(0)
    refused = cashier.post(
        "/invoices",
        {"patient_id": factories.patient(), "items": [{"product_id": product}], "status": "ISSUED"},
    )
    assert refused.json["code"] == "stock_insuficiente"
    assert issued(cashier)["invoice_number"].endswith("001")


def test_the_visit_makes_the_lines(cashier):
    treatment = factories.treatment(base_price="40.00", name="Limpieza")
    charged, internal = factories.product(sale_price="2.50"), factories.product(sale_price="0.00")
    visit = factories.appointment(treatments={treatment: 1}, extras={charged: 2, internal: 5})
    response = cashier.post("/invoices", {"appointment_id": visit})
    invoice = response.json["data"]["invoice"]
    assert [(i["quantity"], i["unit_price"], i["iva_rate"]) for i in invoice["items"]] == [
        (1, 40, 0),
        (2, 2.5, 15),
    ]
    assert invoice["taxes"] == [
        {"iva_rate": 0, "base": 40, "iva": 0},
        {"iva_rate": 15, "base": 5, "iva": 0.75},
    ]
    assert (invoice["subtotal"], invoice["iva_amount"], invoice["total_amount"]) == (45, 0.75, 45.75)
    assert invoice["buyer"]["id_type"] == "CEDULA"


def test_a_visit_has_one_live_invoice(cashier, accountant):
    visit = factories.appointment(treatments={factories.treatment(): 1})
    first = cashier.post("/invoices", {"appointment_id": visit}).json["data"]["invoice"]
    assert cashier.post("/invoices", {"appointment_id": visit}).json["code"] == "cita_ya_facturada"
    path = f"/invoices/{first['invoice_id']}/status"
    accountant.patch(path, {"status": "ANNULLED", "reason": "Error de digitación"})
    assert cashier.post("/invoices", {"appointment_id": visit}).status_code == 201


@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW"])
def test_a_visit_that_did_not_happen_is_not_billed(cashier, status):
    visit = factories.appointment(status=status, treatments={factories.treatment(): 1})
    refused = cashier.post("/invoices", {"appointment_id": visit})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "appointment_id"


def test_iva_is_rounded_once_per_rate(cashier):
    items = [line(unit_price=1.10, iva_rate=15) for _ in range(3)]
    invoice = made(cashier, items=items)
    assert (invoice["subtotal"], invoice["iva_amount"], invoice["total_amount"]) == (3.3, 0.5, 3.8)


def test_discounts_lower_the_base(cashier):
    invoice = made(cashier, items=[line(unit_price=35, discount=5, iva_rate=15)])
    assert (invoice["subtotal"], invoice["discount"], invoice["iva_amount"]) == (30, 5, 4.5)


def test_a_discount_does_not_pass_the_value_of_its_line_before_rounding(cashier):
    # 1,5 × 99,99 = 149,985, que se redondea a 149,99.
    whole, most = (line(quantity=1.5, unit_price=99.99, discount=off) for off in (149.99, 149.98))
    refused = cashier.post("/invoices", {"patient_id": factories.patient(), "items": [whole]})
    assert refused.status_code == 422
    error = {"field": "items[0].discount", "message": "es mayor que el valor de la línea"}
    assert refused.json["errors"] == [error]
    assert made(cashier, items=[most])["subtotal"] == 0.01


def test_the_short_form_still_works(cashier):
    body = {"patient_id": factories.patient(), "subtotal": 100, "iva_rate": 15}
    invoice = cashier.post("/invoices", body).json["data"]["invoice"]
    assert invoice["items"][0]["description"] == "Servicios médicos"
    assert invoice["total_amount"] == 115


def test_every_wrong_line_is_named(cashier):
    items = [line(discount=31), {"quantity": 1}, {"product_id": 999}, line(unit_price=-1), line(x=1)]
    first = cashier.post("/invoices", {"patient_id": factories.patient(), "items": items})
    assert {e["field"] for e in first.json["errors"]} == {"items[3].unit_price", "items[4].x"}
    second = cashier.post("/invoices", {"patient_id": factories.patient(), "items": items[:3]})
    assert {e["field"] for e in second.json["errors"]} == {
        "items[0].discount",
        "items[1].description",
        "items[1].unit_price",
        "items[2].product_id",
    }


def test_an_issued_invoice_cannot_change(cashier):
    invoice = issued(cashier)
    refused = cashier.put(f"/invoices/{invoice['invoice_id']}", {"items": [line(unit_price=1)]})
    assert (refused.status_code, refused.json["code"]) == (409, "factura_emitida")
    again = cashier.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]
    assert again == invoice


def test_a_draft_changes_only_what_is_sent(cashier):
    invoice = made(cashier)
    path = f"/invoices/{invoice['invoice_id']}"
    buyer = {"id_type": "04", "id_number": "1790016919001", "name": "Empresa S.A."}
    changed = cashier.put(path, {"buyer": buyer}).json["data"]["invoice"]
    assert changed["buyer"]["id_type"] == "RUC"
    assert changed["items"] == invoice["items"]
    again = cashier.put(path, {"items": [line(unit_price=12)]}).json["data"]["invoice"]
    assert again["buyer"] == changed["buyer"]
    assert again["total_amount"] == 12


@pytest.mark.parametrize(
    ("former", "new", "status"),
    [
        ("DRAFT", "PAID", 409),
        ("DRAFT", "ISSUED", 200),
        ("ISSUED", "DRAFT", 409),
        ("ISSUED", "PAID", 200),
        ("PAID", "ISSUED", 409),
        ("PAID", "ANNULLED", 200),
        ("ANNULLED", "ISSUED", 409),
        ("ANNULLED", "ANNULLED", 409),
    ],
)
def test_only_the_allowed_transitions_happen(accountant, former, new, status):
    steps = {"DRAFT": [], "ISSUED": ["ISSUED"], "PAID": ["ISSUED", "PAID"], "ANNULLED": ["ANNULLED"]}
    path = f"/invoices/{made(accountant)['invoice_id']}/status"
    for step in [*steps[former], new]:
        response = accountant.patch(path, {"status": step, "reason": "Prueba"})
    assert response.status_code == status


def test_annulling_needs_a_reason_and_its_permission(cashier, accountant):
    path = f"/invoices/{issued(cashier)['invoice_id']}/status"
    assert cashier.patch(path, {"status": "ANNULLED", "reason": "x"}).status_code == 403
    missing = accountant.patch(path, {"status": "ANNULLED"})
    assert (missing.status_code, missing.json["errors"][0]["field"]) == (422, "reason")
    done = accountant.patch(path, {"status": "ANNULLED", "reason": "Error"}).json["data"]["invoice"]
    assert (done["status"], done["annulled_reason"]) == ("ANNULLED", "Error")
    assert done["annulled_at"] is not None


def test_a_sale_takes_stock_and_annulling_returns_it_at_the_same_cost(accountant):
    product = factories.product(10, cost_price="1.20")
    invoice = issued(accountant, items=[{"product_id": product, "quantity": 4}])
    assert stock_of(product) == 6
    with transaction() as db:
        db.execute(update(Product).values(cost_price=Decimal("9.99")))
    path = f"/invoices/{invoice['invoice_id']}/status"
    accountant.patch(path, {"status": "ANNULLED", "reason": "Devolvió"})
    assert stock_of(product) == 10
    statement = select(StockMovement.reason, StockMovement.unit_cost).order_by(StockMovement.movement_id)
    with reading() as db:
        costs = [(row["reason"], str(row["unit_cost"])) for row in fetch_all(db, statement)]
    assert costs == [("INICIAL", "1.20"), ("VENTA", "1.20"), ("REVERSION", "1.20")]


def test_what_the_visit_consumes_is_not_taken_again_by_its_invoice(api, cashier):
    product = factories.product(10)
    visit = factories.appointment(extras={product: 3})
    api("citas").patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})
    cashier.post("/invoices", {"appointment_id": visit, "status": "ISSUED"})
    assert stock_of(product) == 7


def test_what_is_sold_beyond_the_visit_is_taken(cashier):
    product = factories.product(10)
    visit = factories.appointment(extras={product: 3})
    items = [{"product_id": product, "quantity": 5}]
    cashier.post("/invoices", {"appointment_id": visit, "items": items, "status": "ISSUED"})
    assert stock_of(product) == 8


def test_consumidor_final_has_a_limit_with_iva(cashier):
    body = {"buyer": {"id_type": "CONSUMIDOR_FINAL"}, "status": "ISSUED"}
    allowed = cashier.post("/invoices", {**body, "items": [line(unit_price=50)]})
    assert allowed.status_code == 201
    assert allowed.json["data"]["invoice"]["buyer"]["id_number"] == "9999999999999"
    refused = cashier.post("/invoices", {**body, "items": [line(unit_price=43.49, iva_rate=15)]})
    assert (refused.status_code, refused.json["code"]) == (422, "consumidor_final_limite")


def test_the_buyer_document_is_checked(cashier):
    buyer = {"id_type": "CEDULA", "id_number": "1712345678", "name": "X"}
    refused = cashier.post("/invoices", {"buyer": buyer, "items": [line()]})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "buyer.id_number"


def test_issue_date_is_today_unless_chosen_and_never_in_the_future(cashier):
    yesterday = (clinic_today() - timedelta(days=1)).isoformat()
    tomorrow = (clinic_today() + timedelta(days=1)).isoformat()
    assert issued(cashier)["issue_date"] == clinic_today().isoformat()
    assert issued(cashier, issue_date=yesterday)["issue_date"] == yesterday
    refused = cashier.post(
        "/invoices", {"patient_id": factories.patient(), "items": [line()], "issue_date": tomorrow}
    )
    assert refused.json["errors"][0]["field"] == "issue_date"


def test_a_draft_of_yesterday_is_issued_today(cashier):
    invoice = made(cashier)
    with transaction() as db:
        db.execute(update(Invoice).values(issue_date=clinic_today() - timedelta(days=1)))
    done = cashier.patch(f"/invoices/{invoice['invoice_id']}/status", {"status": "ISSUED"})
    assert done.json["data"]["invoice"]["issue_date"] == clinic_today().isoformat()


def test_search_by_number_and_by_buyer(cashier):
    patient = factories.patient(first_name="José", last_name="Ñáñez")
    issued(cashier)
    wanted = issued(cashier, patient_id=patient)
    for text in ("nanez jose", "000000002", "NÁÑEZ"):
        found = cashier.get(f"/invoices?search={text}").json["data"]["invoices"]
        assert [i["invoice_id"] for i in found] == [wanted["invoice_id"]]


def test_the_invoices_of_a_visit_are_found_by_it(cashier):
    made(cashier)
    visit = factories.appointment(treatments={factories.treatment(): 1})
    wanted = cashier.post("/invoices", {"appointment_id": visit}).json["data"]["invoice"]
    found = cashier.get(f"/invoices?appointment_id={visit}").json["data"]["invoices"]
    assert [i["invoice_id"] for i in found] == [wanted["invoice_id"]]


def test_totals_count_only_what_was_issued(accountant):
    issued(accountant, items=[line(unit_price=10, iva_rate=15)])
    made(accountant)
    totals = accountant.get("/invoices/totals").json["data"]["totals"]
    assert (totals["invoice_count"], totals["subtotal"], totals["total_amount"]) == (1, 10, 11.5)
    assert {s["status"] for s in totals["by_status"]} == {"DRAFT", "ISSUED"}
    assert totals["by_iva_rate"] == [{"iva_rate": 15, "base": 10, "iva": 1.5}]


def test_the_patient_data_is_frozen_in_the_invoice(cashier):
    patient = factories.patient(first_name="Ana", last_name="Vieja")
    invoice = issued(cashier, patient_id=patient)
    with transaction() as db:
        db.execute(update(Patient).values(last_name="Nueva"))
    again = cashier.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]
    assert again["buyer"]["name"] == "Ana Vieja"


def test_the_counter_is_what_was_issued(cashier):
    issued(cashier)
    issued(cashier)
    with reading() as db:
        assert fetch_value(db, select(InvoiceSequence.last_number)) == 2
