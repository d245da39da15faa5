"""Parar y reiniciar en orden, con gunicorn de verdad: lo que está en curso termina y nadie espera en vano."""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from common.config import load_settings
from common.database import fetch_value, reading
from common.tables.inventario import Product
from scripts.machine.ports import answers
from scripts.machine.processes import GRACE_SECONDS
from tests import factories
from tests.launched import wait_for
from tests.served import served, token
from tests.suite.database_tricks import lock, patient

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="allí no hay gunicorn")


@pytest.fixture
def service(database_url, tmp_path):
    with served("inventario", tmp_path, WEB_WORKERS="2", DATABASE_URL=patient(database_url)) as found:
        wait_for(lambda: len(found.workers()) == 2)
        yield found


@pytest.fixture
def database(database_url):
    with lock(database_url) as found:
        yield found


@pytest.fixture
def in_flight(service, database):
    """Una entrada de cinco unidades que espera a la base: el producto y lo que se contestará."""
    product = factories.product(5)
    database.take(f"SELECT * FROM products WHERE product_id = {product} FOR UPDATE")
    path, body = f"/products/{product}/stock", {"quantity_change": 5, "reason": "COMPRA"}
    with ThreadPoolExecutor() as pool:
        pending = pool.submit(service.call, "PATCH", path, body, token=token())
        wait_for(database.someone_waits)
        yield product, pending


def stock_of(product):
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product))


def test_asked_to_stop_it_finishes_what_is_in_flight_and_takes_nothing_else(service, database, in_flight):
    product, pending = in_flight
    service.process.send_signal(signal.SIGTERM)
    wait_for(lambda: not answers(service.port))
    assert not pending.done()
    database.release()
    assert pending.result().status == 200
    assert stock_of(product) == 10
    assert service.process.wait(60) == 0


def test_a_reload_serves_everyone_while_the_old_workers_finish(service, database, in_flight):
    product, pending = in_flight
    old = service.workers()
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: len([worker for worker in service.workers() if worker not in old]) == 2)
    wait_for(lambda: len([worker for worker in old if worker.is_running()]) == 1)
    # Ninguna cae en la puerta del que se va.
    assert {service.call("GET", "/live").status for _ in range(30)} == {200}
    assert not pending.done()
    database.release()
    assert pending.result().status == 200
    assert stock_of(product) == 10


def test_whoever_stops_the_services_waits_longer_than_they_may_take():
    # Leerla exige la configuración, que al reunir las pruebas todavía no está.
    from common.gunicorn_conf import graceful_timeout

    assert graceful_timeout < GRACE_SECONDS
    settings = load_settings()
    assert graceful_timeout > settings.db_statement_timeout_seconds
    assert settings.sri_timeout_seconds < GRACE_SECONDS
