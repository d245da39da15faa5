"""`Idempotency-Key`: la misma petición enviada muchas veces ocurre una sola."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from flask import Blueprint
from sqlalchemy import select

from common.access.tokens import issue_token
from common.auth_middleware import require
from common.database import fetch_all, fetch_value, reading
from common.rules.cleaning import AT_ONCE
from common.service import create_service
from common.tables.inventario import Product
from common.tables.platform import IdempotencyKey
from common.utils import clock_at, now
from common.web.contract import answers
from common.web.idempotency import idempotent
from scripts.trials.at_once import at_once
from tests import factories
from tests.common.conftest import EchoOut
from tests.conftest import Api

BUY = {"quantity_change": 5, "reason": "COMPRA"}


@pytest.fixture
def product():
    return factories.product()


@pytest.fixture
def bodega(api):
    return api("inventario", role="Bodega")


def move(client, product_id, key="clave-1", body=BUY):
    return client.patch(f"/products/{product_id}/stock", body, headers={"Idempotency-Key": key})


def stock(product_id):
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product_id))


def kept():
    with reading() as db:
        return [row["key"] for row in fetch_all(db, select(IdempotencyKey.key))]


def test_the_second_time_repeats_the_first_answer_and_not_the_effect(bodega, product):
    first, second = move(bodega, product), move(bodega, product)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (second.status_code, second.data) == (first.status_code, first.data) == (200, first.data)
    assert stock(product) == 5


def test_without_a_key_the_effect_happens_each_time(bodega, product):
    for _ in range(2):
        assert bodega.patch(f"/products/{product}/stock", BUY).status_code == 200
    assert (stock(product), kept()) == (10, [])


def test_what_was_created_keeps_its_place(bodega):
    body, headers = {"sku": "a", "name": "A"}, {"Idempotency-Key": "k"}
    first = bodega.post("/products", body, headers=headers)
    second = bodega.post("/products", body, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.headers["Location"] == second.headers["Location"]


def test_the_same_key_for_something_else_is_422(bodega, product):
    move(bodega, product)
    others = [
        move(bodega, product, body={**BUY, "quantity_change": 6}),
        move(bodega, factories.product()),
        bodega.post("/products", {"sku": "a", "name": "A"}, headers={"Idempotency-Key": "clave-1"}),
    ]
    for refused in others:
        assert refused.status_code == 422
        assert refused.json["errors"][0]["field"] == "Idempotency-Key"
    assert stock(product) == 5


def test_fifty_at_once_have_one_effect(bodega, product):
    done = at_once([partial(move, bodega, product)] * 50, threads=50)
    answers = Counter(answer.status_code for answer in done)
    assert answers.keys() <= {200, 409}
    assert answers[200] >= 1
    assert stock(product) == 5


def test_while_the_first_is_in_flight_the_second_is_409(database_url):
    entered, leave = Event(), Event()
    bp = Blueprint("slow", __name__)

    @bp.post("/slow")
    @require()
    @idempotent
    @answers(EchoOut)
    def slow():
        """Espera"""
        entered.set()
        assert leave.wait(10)
        return {"name": "hecho"}

    token, _ = issue_token(factories.user(), "Admin", 1)
    client = Api(create_service("auth", bp), "/api/auth", token)
    headers = {"Idempotency-Key": "lenta"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, "/slow", headers=headers)
        assert entered.wait(10)
        second = client.post("/slow", headers=headers)
        leave.set()
        assert first.result().status_code == 200
    assert (second.status_code, second.json["code"]) == (409, "peticion_en_curso")
    assert client.post("/slow", headers=headers).headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "status"),
    [({"quantity_change": -5, "reason": "MERMA"}, 409), ({"quantity_change": 0, "reason": "AJUSTE"}, 422)],
)
def test_a_failure_does_not_spend_the_key(bodega, product, body, status):
    assert move(bodega, product, body=body).status_code == status
    assert kept() == []
    assert move(bodega, product).status_code == 200
    assert stock(product) == 5


def test_a_refused_request_may_be_repeated_when_it_can_be_done(bodega, product):
    spend = {"quantity_change": -5, "reason": "MERMA"}
    assert move(bodega, product, body=spend).status_code == 409
    bodega.patch(f"/products/{product}/stock", BUY)
    done = move(bodega, product, body=spend)
    assert done.status_code == 200
    assert "Idempotent-Replayed" not in done.headers


def test_the_key_lasts_a_day(bodega, product):
    with clock_at(now() - timedelta(hours=23, minutes=59)):
        move(bodega, product, "casi")
    with clock_at(now() - timedelta(hours=24, seconds=1)):
        move(bodega, product, "vieja")
    assert stock(product) == 10
    assert move(bodega, product, "casi").headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in move(bodega, product, "vieja").headers
    assert stock(product) == 15


def test_expired_keys_are_forgotten(bodega, product):
    with clock_at(now() - timedelta(days=2)):
        move(bodega, product, "vieja")
    move(bodega, product, "nueva")
    assert kept() == ["nueva"]


def test_an_expired_key_is_none_even_while_it_waits_to_be_forgotten(bodega, product):
    with clock_at(now() - timedelta(days=2)):
        for number in range(AT_ONCE + 2):
            move(bodega, product, f"vieja-{number}")
    assert "Idempotent-Replayed" not in move(bodega, product, f"vieja-{AT_ONCE + 1}").headers
    assert stock(product) == 5 * (AT_ONCE + 3)


def test_each_user_has_his_own_keys(api, product):
    for _ in range(2):
        assert "Idempotent-Replayed" not in move(api("inventario", role="Bodega"), product).headers
    assert stock(product) == 10


def test_the_replay_still_asks_who_calls(api, product):
    client = api("inventario", user_id=factories.user("Bodega"))
    move(client, product)
    assert move(api("inventario", role=None), product).status_code == 401
    assert move(api("inventario", role="Doctor"), product).status_code == 403


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ñ", "a\tb"])
def test_a_senseless_key_is_422(bodega, product, key):
    refused = move(bodega, product, key)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert stock(product) == 0


def test_a_key_of_255_characters_serves(bodega, product):
    assert move(bodega, product, "~" * 255).status_code == 200
