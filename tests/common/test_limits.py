"""Esperas con límite, cuerpos que no llegan y registros que no cuentan de más."""

import json
from datetime import timedelta
from threading import Event, Thread

import psycopg2
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from common.database import transaction
from common.tables.inventario import Product
from common.utils import clock_at, now
from common.watch.logs import describe
from scripts.trials.at_once import at_once
from tests import factories


def test_the_migration_limits_how_long_a_query_waits(database_url):
    connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        found = []
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0])
    connection.close()
    assert found == ["5s", "30s", "1min"]


def test_who_waits_too_long_for_a_row_is_told_to_come_back(api):
    product, bodega = factories.product(5), api("inventario", role="Bodega")
    release, held = Event(), Event()

    def hold():
        with transaction() as db:
            db.execute(update(Product).where(Product.product_id == product).values(name="Otro"))
            held.set()
            release.wait()

    holder = Thread(target=hold)
    holder.start()
    held.wait()
    refused = bodega.patch(f"/products/{product}/stock", {"quantity_change": 1, "reason": "COMPRA"})
    release.set()
    holder.join()
    assert (refused.status_code, refused.json["code"]) == (503, "ocupado")
    assert int(refused.headers["Retry-After"]) > 0


def test_simultaneous_sales_of_one_product_wait_for_each_other(api):
    cashier, product = api("facturacion", role="Recepcion"), factories.product(16)
    body = {"patient_id": factories.patient(), "items": [{"product_id": product}], "status": "ISSUED"}
    answers = at_once([lambda: cashier.post("/invoices", body)] * 20)
    assert sorted(answer.status_code for answer in answers) == [201] * 16 + [409] * 4


def test_an_error_of_the_database_is_logged_without_its_data():
    with pytest.raises(DBAPIError) as failure, transaction() as db:
        db.execute(text("SELECT :name ::int"), {"name": "Ana Pérez, quimioterapia"})
    assert "quimioterapia" not in json.dumps(describe(failure.value))
    assert describe(failure.value)["sqlstate"] == "22P02"


def test_a_wide_percent_sign_is_no_wildcard(api):
    factories.patient()
    client = api("historia_clinica")
    for sign in ("％", "＿", "%", "_"):
        assert client.get("/patients", query_string={"search": sign}).json["data"]["patients"] == []


def test_the_consumidor_final_is_no_patient_under_any_name(api):
    body = {"doc_number": "9999999999999", "first_name": "Consumidor", "last_name": "Final"}
    for kind in ("RUC", "PASAPORTE"):
        refused = api("historia_clinica").post("/patients", {**body, "doc_type": kind})
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "doc_number")


@pytest.mark.parametrize("sku", ["Xƛ", "\u200b", "ab\u202ecd", "-x", "中"])
def test_a_sku_has_visible_usual_characters(api, sku):
    refused = api("inventario").post("/products", {"sku": sku, "name": "x"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "sku")


def test_an_expired_key_used_again_lasts_another_day(api):
    bodega, path = api("inventario", role="Bodega"), f"/products/{factories.product(100)}/stock"
    move, key = {"quantity_change": -1, "reason": "MERMA"}, {"Idempotency-Key": "merma-1"}
    with clock_at(now() - timedelta(hours=25)):
        bodega.patch(path, move, headers=key)
    bodega.patch(path, move, headers=key)
    again = bodega.patch(path, move, headers=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json["data"]["product"]["stock_quantity"] == 98
