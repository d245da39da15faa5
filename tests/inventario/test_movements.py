"""El kardex: cada entrada y salida con su signo, su saldo y su costo de ese momento."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from common.database import reading
from common.tables.inventario import Product, StockMovement
from common.utils import clock_at
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def bodega(api):
    return api("inventario", role="Bodega")


def move(client, product_id, quantity, reason="AJUSTE", **body):
    body |= {"quantity_change": quantity, "reason": reason}
    return client.patch(f"/products/{product_id}/stock", body)


def stock_of(product_id):
    """La existencia y la suma de los movimientos."""
    with reading() as db:
        movements = select(func.sum(StockMovement.quantity)).where(StockMovement.product_id == product_id)
        stock = select(Product.stock_quantity).where(Product.product_id == product_id)
        return db.execute(stock).scalar_one(), db.execute(movements).scalar_one()


def kardex(client, product_id, query=""):
    return client.get(f"/products/{product_id}/movements{query}").json["data"]["movements"]


def test_stock_never_goes_below_zero(bodega):
    product_id = factories.product(stock_quantity=5, name="Gasa")
    refused = move(bodega, product_id, -6, "MERMA")
    assert (refused.status_code, refused.json["code"]) == (409, "stock_insuficiente")
    assert "Gasa" in refused.json["message"]
    (item,) = refused.json["data"]["items"]
    assert (item["required_quantity"], item["stock_quantity"], item["missing_quantity"]) == (6, 5, 1)
    assert stock_of(product_id) == (5, 5)


def test_a_movement_answers_the_product_and_its_line_of_the_kardex(api):
    who = factories.user("Bodega", full_name="Luis Bodeguero")
    product_id = factories.product(stock_quantity=5, cost_price=Decimal("1.20"))
    client = api("inventario", user_id=who)
    data = move(client, product_id, 2.125, "COMPRA", unit_cost=1.5, note="Factura 77").json["data"]
    assert data["product"]["stock_quantity"] == 7.125
    movement = data["movement"]
    assert (movement["quantity"], movement["balance_after"]) == (2.125, 7.125)
    assert (movement["unit_cost"], movement["total_cost"]) == (1.5, 3.19)
    assert (movement["note"], movement["reference"]) == ("Factura 77", None)
    assert (movement["user_id"], movement["user"]) == (who, "Luis Bodeguero")
    assert kardex(client, product_id)[0] == movement


@pytest.mark.parametrize(
    ("reason", "quantity", "status"),
    [
        ("COMPRA", 1, 200),
        ("COMPRA", -1, 422),
        ("MERMA", -1, 200),
        ("MERMA", 1, 422),
        ("AJUSTE", 1, 200),
        ("AJUSTE", -1, 200),
        ("DEVOLUCION", 1, 200),
        ("DEVOLUCION", -1, 200),
        ("CONSUMO", -1, 422),
        ("VENTA", -1, 422),
        ("INICIAL", 1, 422),
        ("AJUSTE", 0, 422),
        ("AJUSTE", 0.0001, 422),
        ("AJUSTE", 1e30, 422),
    ],
)
def test_the_sign_follows_the_reason(bodega, reason, quantity, status):
    product_id = factories.product(stock_quantity=5)
    assert move(bodega, product_id, quantity, reason).status_code == status
    expected = 5 + quantity if status == 200 else 5
    assert stock_of(product_id) == (expected, expected)


def test_a_cost_that_does_not_fit_is_refused_in_words(bodega):
    product_id = factories.product(stock_quantity=5)
    refused = move(bodega, product_id, 999999999, "COMPRA", unit_cost=9999999999)
    assert (refused.status_code, refused.json["code"]) == (422, "datos_invalidos")
    assert stock_of(product_id) == (5, 5)


def test_the_cost_of_a_movement_is_frozen(bodega):
    product_id = factories.product(stock_quantity=5, cost_price=Decimal("1.20"))
    move(bodega, product_id, -1, "MERMA")
    bodega.put(f"/products/{product_id}", {"cost_price": 9.99})
    move(bodega, product_id, -1, "MERMA")
    assert [line["unit_cost"] for line in kardex(bodega, product_id)] == [9.99, 1.2, 1.2]


def test_each_balance_continues_the_one_before(bodega):
    product_id = factories.product(stock_quantity=10)
    for quantity in (5, -3, 0.5, -12.5):
        move(bodega, product_id, quantity)
    assert [line["balance_after"] for line in kardex(bodega, product_id)] == [0, 12.5, 12, 15, 10]
    assert stock_of(product_id) == (0, 0)


def test_the_kardex_is_filtered_by_the_day_of_the_clinic(bodega):
    product_id = factories.product()
    # En Guayaquil la medianoche son las 05:00 UTC: el primero es todavía del 30 de abril.
    instants = [
        datetime(2026, 5, 1, 4, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 5, 1, 5, tzinfo=UTC),
        datetime(2026, 5, 2, 4, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 5, 2, 5, tzinfo=UTC),
    ]
    for quantity, instant in enumerate(instants, start=1):
        with clock_at(instant):
            move(bodega, product_id, quantity)

    def seen(query):
        return [line["quantity"] for line in kardex(bodega, product_id, query)]

    assert seen("?date_from=2026-05-01&date_to=2026-05-01") == [3, 2]
    assert seen("?date_to=2026-04-30") == [1]
    assert seen("?date_from=2026-05-02") == [4]
    assert seen("?date_from=2026-04-30") == [4, 3, 2, 1]
    assert kardex(bodega, product_id)[3]["created_at"] == "2026-04-30T23:59:59.999999-05:00"


def test_the_kardex_comes_in_pages(bodega):
    product_id = factories.product()
    for quantity in (1, 2, 3):
        move(bodega, product_id, quantity)
    data = bodega.get(f"/products/{product_id}/movements?page=2&per_page=2").json["data"]
    assert [line["quantity"] for line in data["movements"]] == [1]
    assert data["pagination"]["total"] == 3


@pytest.mark.parametrize("query", ["date_from=ayer", "date_to=2026-02-30", "date_from=20260501", "day=1"])
def test_a_malformed_filter_is_refused(bodega, query):
    product_id = factories.product()
    assert bodega.get(f"/products/{product_id}/movements?{query}").status_code == 422


def test_the_same_key_moves_once(bodega):
    product_id = factories.product(stock_quantity=5)
    headers = {"Idempotency-Key": "compra-1"}
    body = {"quantity_change": 2, "reason": "COMPRA"}
    path = f"/products/{product_id}/stock"
    first, again = (bodega.patch(path, body, headers=headers) for _ in range(2))
    assert (first.json, again.headers["Idempotent-Replayed"]) == (again.json, "true")
    other = bodega.patch(path, {**body, "quantity_change": 3}, headers=headers)
    assert other.status_code == 422
    assert stock_of(product_id) == (7, 7)


def test_sixty_units_serve_sixty_of_two_hundred_simultaneous_decrements(api):
    product_id, who = factories.product(stock_quantity=60), factories.user("Bodega")
    clients = [api("inventario", user_id=who) for _ in range(200)]
    results = at_once([lambda client=client: move(client, product_id, -1, "MERMA") for client in clients])
    statuses = [result.status_code for result in results]
    assert (statuses.count(200), statuses.count(409)) == (60, 140)
    assert stock_of(product_id) == (0, 0)
    balances = [line["balance_after"] for line in kardex(clients[0], product_id, "?per_page=100")]
    assert balances == list(range(61))
