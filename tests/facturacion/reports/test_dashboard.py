"""El tablero: las cifras cuadran al centavo, por día de la clínica y contra el período anterior."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.utils import clinic_today, clock_at
from tests import factories

GUAYAQUIL = ZoneInfo("America/Guayaquil")


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def metrics(accountant, query=""):
    response = accountant.get(f"/reports/dashboard?{query}")
    assert response.status_code == 200, response.json
    return response.json["data"]["metrics"]


def bill(accountant, **values):
    body = {"patient_id": factories.patient(), "status": "ISSUED", **values}
    response = accountant.post("/invoices", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def complete(citas, visit):
    response = citas.patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})
    assert response.status_code == 200, response.json


def test_an_empty_clinic_earns_nothing(accountant):
    found = metrics(accountant)
    assert (found["total_income"], found["profit"], found["profit_margin"]) == (0, 0, 0)
    assert found["change"]["total_income"] is None


def test_the_default_period_is_the_whole_month(accountant):
    with clock_at(datetime(2026, 2, 10, 9, tzinfo=GUAYAQUIL)):
        assert metrics(accountant)["period"] == {"date_from": "2026-02-01", "date_to": "2026-02-28"}
        since = metrics(accountant, "date_from=2026-04-05")["period"]
        assert since == {"date_from": "2026-04-05", "date_to": "2026-04-30"}
        until = metrics(accountant, "date_to=2026-01-20")["period"]
        assert until == {"date_from": "2026-01-01", "date_to": "2026-01-20"}


def test_the_agenda_of_the_rest_of_the_month_counts(accountant):
    factories.appointment(start_time=datetime(2026, 2, 27, 9, tzinfo=GUAYAQUIL), status="CONFIRMED")
    with clock_at(datetime(2026, 2, 10, 9, tzinfo=GUAYAQUIL)):
        assert metrics(accountant)["appointments_by_status"]["CONFIRMED"] == 1


def test_a_period_has_no_longest(accountant):
    bill(accountant, issue_date="1900-01-31", items=[{"description": "x", "unit_price": 7}])
    with clock_at(datetime(2026, 2, 10, 9, tzinfo=GUAYAQUIL)):
        series = metrics(accountant, "date_from=1900-01-01")["series"]
    assert (series[0]["period"], series[0]["income"], series[-1]["period"]) == ("1900-01", 7, "2026-02")
    assert len(series) == 126 * 12 + 2


def test_profit_is_income_less_cost_less_expenses(api, accountant):
    gauze = factories.product(10, cost_price="0.75")
    treatment = factories.treatment({gauze: 3}, base_price="40.00", name="Curación")
    visit = factories.appointment(treatments={treatment: 1})
    complete(api("citas"), visit)
    bill(accountant, patient_id=None, appointment_id=visit)
    accountant.post("/expenses", {"description": "Luz", "amount": 12.5, "category": "Servicios"})
    found = metrics(accountant)
    assert found["total_income"] == 40
    assert found["cost_of_goods"] == 2.25
    assert found["total_expenses"] == 12.5
    assert found["profit"] == 25.25
    assert found["profit_margin"] == 63.13
    assert found["top_treatments"][0] | {"treatment_id": 0} == {
        "treatment_id": 0,
        "name": "Curación",
        "quantity": 1,
        "income": 40,
    }


def test_income_has_no_iva_and_ignores_drafts_and_annulled(accountant):
    items = [{"description": "Crema", "unit_price": 100, "iva_rate": 15}]
    bill(accountant, items=items)
    bill(accountant, items=items, status="DRAFT")
    annulled = bill(accountant, items=items)
    path = f"/invoices/{annulled['invoice_id']}/status"
    accountant.patch(path, {"status": "ANNULLED", "reason": "Error"})
    found = metrics(accountant)
    assert (found["total_income"], found["total_invoiced"], found["iva_collected"]) == (100, 115, 15)
    assert (found["invoice_count"], found["average_ticket"]) == (1, 100)


def test_a_sale_costs_and_its_annulment_gives_back(accountant):
    product = factories.product(10, cost_price="1.10")
    sale = bill(accountant, items=[{"product_id": product, "quantity": 3}])
    assert metrics(accountant)["cost_of_goods"] == 3.3
    path = f"/invoices/{sale['invoice_id']}/status"
    accountant.patch(path, {"status": "ANNULLED", "reason": "Error"})
    assert metrics(accountant)["cost_of_goods"] == 0


def test_the_cost_belongs_to_the_clinic_day_it_left(api, accountant):
    citas, product = api("citas"), factories.product(10, cost_price="1.00")
    # Las 23:30 en Guayaquil ya son del día siguiente en UTC.
    with clock_at(datetime(2026, 3, 10, 23, 30, tzinfo=GUAYAQUIL)):
        complete(citas, factories.appointment(extras={product: 2}))
    day = "date_from=2026-03-10&date_to=2026-03-10"
    assert metrics(accountant, day)["series"] == [
        {"period": "2026-03-10", "income": 0, "expenses": 0, "cost_of_goods": 2, "profit": -2}
    ]


def test_the_series_adds_up_to_the_figures(accountant):
    today = clinic_today()
    for days, price in ((0, 10.1), (1, 20.2), (40, 30.3)):
        day = (today - timedelta(days=days)).isoformat()
        bill(accountant, issue_date=day, items=[{"description": "x", "unit_price": price}])
    for days in (61, 100):
        query = f"date_from={today - timedelta(days=days)}&date_to={today}"
        found = metrics(accountant, query)
        assert round(sum(p["income"] for p in found["series"]), 2) == found["total_income"] == 60.6
        assert len(found["series"][0]["period"]) == (10 if days == 61 else 7)


def test_the_previous_period_has_the_same_length(accountant):
    bill(accountant, issue_date="2026-05-10", items=[{"description": "x", "unit_price": 50}])
    bill(accountant, issue_date="2026-05-20", items=[{"description": "x", "unit_price": 75}])
    found = metrics(accountant, "date_from=2026-05-11&date_to=2026-05-20")
    assert found["previous"]["period"] == {"date_from": "2026-05-01", "date_to": "2026-05-10"}
    assert (found["total_income"], found["previous"]["total_income"]) == (75, 50)
    assert found["change"]["total_income"] == 50
    assert metrics(accountant, "compare=false")["previous"] is None


def test_income_by_doctor_adds_up_to_the_income(api, accountant):
    doctor = factories.doctor(full_name="Dra. Vela")
    visit = factories.appointment(doctor_id=doctor, treatments={factories.treatment(): 1})
    bill(accountant, patient_id=None, appointment_id=visit)
    bill(accountant, items=[{"description": "x", "unit_price": 5}])
    found = metrics(accountant)
    rows = [(r["doctor_name"], r["income"]) for r in found["income_by_doctor"]]
    assert rows == [("Dra. Vela", 30), (None, 5)]
    assert found["total_income"] == 35


def test_a_period_that_ends_before_it_starts_is_refused(accountant):
    refused = accountant.get("/reports/dashboard?date_from=2026-05-02&date_to=2026-05-01")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "date_to")


def test_only_who_may_see_results_sees_them(api):
    for role, status in (("Contador", 200), ("Admin", 200), ("Recepcion", 403), ("Doctor", 403)):
        assert api("facturacion", role=role).get("/reports/dashboard").status_code == status
