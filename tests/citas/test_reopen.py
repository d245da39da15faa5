"""Reabrir una cita completada: los insumos vuelven una sola vez y al mismo costo, y nada se borra."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from common.database import fetch_all, fetch_value, reading, transaction
from common.tables.citas import Appointment
from common.tables.inventario import Product, StockMovement
from scripts.trials.at_once import at_once
from tests import factories

REOPEN = {"status": "IN_PROGRESS", "reason": "Faltó registrar una curación"}
COMPLETE = {"status": "COMPLETED"}


@pytest.fixture
def product():
    return factories.product(10, cost_price="1.50")


@pytest.fixture
def visit(product):
    """Una cita que consume 3 del producto."""
    return factories.appointment(treatments={factories.treatment({product: 1}): 2}, extras={product: 1})


def change(client, visit, body, **options):
    return client.patch(f"/appointments/{visit}/status", body, **options)


def status_of(visit):
    with reading() as db:
        return fetch_value(db, select(Appointment.status).where(Appointment.appointment_id == visit))


def stock_of(product):
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product))


def movements(visit):
    columns = (StockMovement.reason, StockMovement.quantity, StockMovement.unit_cost)
    mine = select(*columns).where(StockMovement.appointment_id == visit).order_by(StockMovement.movement_id)
    with reading() as db:
        return [
            (row["reason"], float(row["quantity"]), float(row["unit_cost"])) for row in fetch_all(db, mine)
        ]


def reprice(product, cost):
    with transaction() as db:
        row = update(Product).where(Product.product_id == product)
        db.execute(row.values(cost_price=Decimal(cost)))


def test_the_supplies_come_back_at_the_cost_they_left_with_and_leave_again_at_todays(api, product, visit):
    admin = api("citas")
    change(admin, visit, COMPLETE)
    reprice(product, "2.00")
    reopened = change(admin, visit, REOPEN)
    assert (reopened.status_code, reopened.json["data"]["consumption"]) == (200, [])
    assert stock_of(product) == 10
    assert change(admin, visit, COMPLETE).status_code == 200
    assert stock_of(product) == 7
    assert movements(visit) == [("CONSUMO", -3, 1.5), ("REVERSION", 3, 1.5), ("CONSUMO", -3, 2)]
    change(admin, visit, REOPEN)
    assert movements(visit)[3:] == [("REVERSION", 3, 2)]
    assert stock_of(product) == 10


def test_every_step_stays_in_the_history_with_its_reason(api, visit):
    admin_id = factories.user()
    admin = api("citas", user_id=admin_id)
    change(admin, visit, COMPLETE)
    detail = change(admin, visit, REOPEN).json["data"]["appointment"]
    assert [(c["from_status"], c["to_status"], c["reason"]) for c in detail["status_history"]] == [
        ("PENDING", "COMPLETED", None),
        ("COMPLETED", "IN_PROGRESS", REOPEN["reason"]),
    ]
    assert detail["status_history"][-1]["changed_by"] == admin_id


def test_a_reopened_visit_admits_changes_and_consumes_what_it_then_has(api, product, visit):
    admin = api("citas")
    change(admin, visit, COMPLETE)
    change(admin, visit, REOPEN)
    extra = admin.post(f"/appointments/{visit}/extras", {"product_id": product, "quantity": 2})
    assert extra.status_code == 201
    change(admin, visit, COMPLETE)
    assert stock_of(product) == 5


def test_reopening_twice_gives_back_once(api, product, visit):
    admin = api("citas")
    change(admin, visit, COMPLETE)
    change(admin, visit, REOPEN)
    again = change(admin, visit, REOPEN)
    assert (again.status_code, again.json["code"]) == (409, "transicion_invalida")
    assert (stock_of(product), len(movements(visit))) == (10, 2)


def test_the_same_idempotency_key_reopens_once(api, product, visit):
    admin = api("citas")
    change(admin, visit, COMPLETE)
    first, again = (change(admin, visit, REOPEN, headers={"Idempotency-Key": "r-1"}) for _ in range(2))
    assert (again.status_code, again.json) == (200, first.json)
    assert stock_of(product) == 10


@pytest.mark.parametrize("role", ["Doctor", "Recepcion"])
def test_only_who_may_reopen_reopens(api, product, visit, role):
    change(api("citas"), visit, COMPLETE)
    refused = change(api("citas", role=role), visit, REOPEN)
    assert (refused.status_code, refused.json["code"]) == (403, "sin_permiso")
    assert "appointments:reopen" in refused.json["message"]
    assert (status_of(visit), stock_of(product)) == ("COMPLETED", 7)


@pytest.mark.parametrize("reason", [{}, {"reason": None}, {"reason": "  "}])
def test_reopening_says_why(api, product, visit, reason):
    change(api("citas"), visit, COMPLETE)
    refused = change(api("citas"), visit, {"status": "IN_PROGRESS", **reason})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "reason"
    assert (status_of(visit), stock_of(product)) == ("COMPLETED", 7)


def test_a_stale_reading_reopens_nothing(api, product, visit):
    admin = api("citas")
    stale = admin.get(f"/appointments/{visit}").headers["ETag"]
    change(admin, visit, COMPLETE)
    assert change(admin, visit, REOPEN, headers={"If-Match": stale}).status_code == 412
    assert stock_of(product) == 7


def test_of_many_reopening_at_once_one_does(api, product, visit):
    admin = api("citas")
    change(admin, visit, COMPLETE)
    answers = at_once([lambda: change(admin, visit, REOPEN).status_code for _ in range(20)])
    assert sorted(answers) == [200] + [409] * 19
    assert stock_of(product) == 10


def test_completing_and_reopening_at_once_never_loses_a_unit(api, product, visit):
    admin = api("citas")
    calls = [lambda body=body: change(admin, visit, body) for _ in range(10) for body in (COMPLETE, REOPEN)]
    assert {answer.status_code for answer in at_once(calls)} <= {200, 409}
    expected = 7 if status_of(visit) == "COMPLETED" else 10
    assert stock_of(product) == expected
    with reading() as db:
        assert fetch_value(db, select(func.sum(StockMovement.quantity))) == expected
