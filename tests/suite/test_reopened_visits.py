"""Reabrir una cita, visto desde la caja: ni se reabre lo que se está facturando, ni sobra costo."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from common.database import fetch_value, reading, transaction
from common.tables.citas import Appointment
from common.tables.inventario import Product
from tests import factories
from tests.suite.database_tricks import somebody_waits

REOPEN = {"status": "IN_PROGRESS", "reason": "Faltó registrar una curación"}
COMPLETE = {"status": "COMPLETED"}


@pytest.fixture
def product():
    return factories.product(10, cost_price="1.50")


@pytest.fixture
def visit(product):
    """Una cita que consume 3 del producto."""
    return factories.appointment(treatments={factories.treatment({product: 1}): 2}, extras={product: 1})


def change(client, visit, body):
    return client.patch(f"/appointments/{visit}/status", body)


def status_of(visit):
    with reading() as db:
        return fetch_value(db, select(Appointment.status).where(Appointment.appointment_id == visit))


def stock_of(product):
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product))


def cost_of_goods(api):
    dashboard = api("facturacion").get("/reports/dashboard").json["data"]["metrics"]
    return dashboard["cost_of_goods"]


def test_the_dashboard_counts_what_the_visit_ended_up_costing(api, product, visit):
    admin = api("citas")
    change(admin, visit, COMPLETE)
    assert cost_of_goods(api) == 4.5
    with transaction() as db:
        row = update(Product).where(Product.product_id == product)
        db.execute(row.values(cost_price=Decimal("2.00")))
    change(admin, visit, REOPEN)
    assert cost_of_goods(api) == 0
    change(admin, visit, COMPLETE)
    assert cost_of_goods(api) == 6


@pytest.mark.parametrize("status", ["DRAFT", "ISSUED"])
def test_a_visit_with_a_live_invoice_is_reopened_only_after_annulling_it(api, product, visit, status):
    admin, cashier = api("citas"), api("facturacion")
    change(admin, visit, COMPLETE)
    body = {"appointment_id": visit, "status": status}
    invoice = cashier.post("/invoices", body).json["data"]["invoice"]
    refused = change(admin, visit, REOPEN)
    assert (refused.status_code, refused.json["code"]) == (409, "cita_facturada")
    assert refused.json["data"]["invoice_id"] == invoice["invoice_id"]
    assert (status_of(visit), stock_of(product)) == ("COMPLETED", 7)
    annulment = {"status": "ANNULLED", "reason": "Se reabre la cita"}
    cashier.patch(f"/invoices/{invoice['invoice_id']}/status", annulment)
    assert change(admin, visit, REOPEN).status_code == 200
    assert stock_of(product) == 10


def test_who_reopens_waits_for_an_invoice_being_made_and_then_sees_it(api, product, visit):
    admin, cashier = api("citas"), api("facturacion")
    change(admin, visit, COMPLETE)
    with ThreadPoolExecutor(1) as pool:
        # La petición se une a esta transacción, que sigue abierta.
        with transaction():
            assert cashier.post("/invoices", {"appointment_id": visit}).status_code == 201
            reopening = pool.submit(change, admin, visit, REOPEN)
            while not (somebody_waits() or reopening.done()):
                pass
        refused = reopening.result()
    assert (refused.status_code, refused.json["code"]) == (409, "cita_facturada")
    assert (status_of(visit), stock_of(product)) == ("COMPLETED", 7)
