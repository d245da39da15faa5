"""Gastos: registrarlos, corregirlos, borrarlos y sumarlos."""

import pytest
from sqlalchemy import select

from common.database import fetch_all, reading
from common.tables.platform import AuditLog
from common.utils import clinic_today
from tests import factories


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


def spent(accountant, **values):
    body = {"description": "Arriendo", "amount": 500, "category": "Local", **values}
    response = accountant.post("/expenses", body)
    assert response.status_code == 201, response.json
    return response.json["data"]["expense"]


def test_an_expense_is_of_today_and_says_who_registered_it(api):
    who = factories.user("Contador", full_name="Rosa Vera")
    expense = spent(api("facturacion", role="Contador", user_id=who))
    assert expense["expense_date"] == clinic_today().isoformat()
    assert (expense["registered_by"], expense["registered_by_name"]) == (who, "Rosa Vera")


@pytest.mark.parametrize("amount", [0, -1, 1.005, "5", None, 1e11])
def test_the_amount_is_a_positive_number_to_the_cent(accountant, amount):
    body = {"description": "x", "amount": amount, "category": "y"}
    refused = accountant.post("/expenses", body)
    assert refused.status_code == 422
    assert [e["field"] for e in refused.json["errors"]] == ["amount"]


def test_a_correction_changes_only_what_is_sent(accountant):
    expense = spent(accountant, supplier="Inmobiliaria")
    path = f"/expenses/{expense['expense_id']}"
    changed = accountant.put(path, {"amount": 450.5, "supplier": None}).json["data"]["expense"]
    assert changed == {**expense, "amount": 450.5, "supplier": None}


def test_the_date_of_an_expense_cannot_be_emptied(accountant):
    path = f"/expenses/{spent(accountant)['expense_id']}"
    assert accountant.put(path, {"expense_date": None}).status_code == 422


def test_a_deleted_expense_stays_in_the_audit(accountant):
    path = f"/expenses/{spent(accountant)['expense_id']}"
    assert accountant.delete(path).json["message"] == "El gasto se borró."
    assert accountant.get(path).status_code == 404
    with reading() as db:
        rows = fetch_all(db, select(AuditLog.action, AuditLog.details).order_by(AuditLog.audit_id))
    assert [row["action"] for row in rows] == ["CREATE", "DELETE"]
    assert rows[1]["details"]["former"]["amount"] == "500.00"


def test_filters_and_search(accountant):
    rent = spent(accountant, expense_date="2026-01-31")
    light = spent(accountant, description="Luz eléctrica", category="Servicios", expense_date="2026-02-01")

    def found(query):
        page = accountant.get(f"/expenses?{query}").json["data"]["expenses"]
        return [e["expense_id"] for e in page]

    assert found("date_from=2026-01-31&date_to=2026-01-31") == [rent["expense_id"]]
    assert found("search=electrica") == [light["expense_id"]]
    assert found("category=Servicios") == [light["expense_id"]]
    assert found("") == [light["expense_id"], rent["expense_id"]]
    assert accountant.get("/expenses/categories").json["data"]["categories"] == ["Local", "Servicios"]


def test_totals_by_category(accountant):
    spent(accountant)
    spent(accountant, amount=20.25)
    spent(accountant, amount=9.75, category="Servicios")
    totals = accountant.get("/expenses/totals").json["data"]["totals"]
    assert (totals["expense_count"], totals["total_amount"]) == (3, 530)
    assert totals["by_category"] == [
        {"category": "Local", "expense_count": 2, "total_amount": 520.25},
        {"category": "Servicios", "expense_count": 1, "total_amount": 9.75},
    ]


def test_a_receptionist_does_not_see_expenses(api):
    assert api("facturacion", role="Recepcion").get("/expenses").status_code == 403
