"""La página de medidas con dos procesos: suma lo de todos, también lo de los que ya murieron."""

import http.client
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.services import SERVICES
from tests import factories
from tests.launched import wait_for
from tests.served import served, token
from tests.suite.database_tricks import lock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="allí no hay gunicorn")

TOKEN = "medidas-de-prueba"
LIVE = {"method": "GET", "route": "/api/inventario/live", "status": "200"}


@pytest.fixture
def service(database_url, tmp_path):
    """El inventario, con dos procesos."""
    with served("inventario", tmp_path, METRICS_TOKEN=TOKEN, WEB_WORKERS="2", WEB_THREADS="4") as found:
        wait_for(lambda: has_started(found, 2))
        yield found


def page(service):
    reply = service.call("GET", "//metrics", token=TOKEN)
    assert reply.status == 200
    return reply.content.decode()


def value(service, name, **labels):
    """Lo que dice la página de una medida; 0 si no la nombra."""
    families = text_string_to_metric_families(page(service))
    samples = [sample for family in families for sample in family.samples]
    wanted = {"service": "inventario", **labels}
    return next((s.value for s in samples if s.name == name and s.labels == wanted), 0)


def live_requests(service):
    return value(service, "clinica_http_requests_total", **LIVE)


def ask(service, times):
    for _ in range(times):
        assert service.call("GET", "/live").status == 200


def has_started(service, workers):
    """Si desde el principio se iniciaron tantos procesos; mientras cambian, puede que no conteste nadie."""
    with suppress(OSError, http.client.RemoteDisconnected):
        return value(service, "clinica_worker_starts_total") == workers


def blocked(service, pool, database):
    """Una petición en curso que espera a la base: lo que contestará."""
    product = factories.product(5)
    database.take(f"SELECT * FROM products WHERE product_id = {product} FOR UPDATE")
    body = {"quantity_change": 1, "reason": "COMPRA"}
    return pool.submit(service.call, "PATCH", f"/products/{product}/stock", body, token=token())


def test_every_worker_says_what_all_of_them_did(service):
    ask(service, 20)
    assert {live_requests(service) for _ in range(10)} == {20}
    assert value(service, "clinica_worker_starts_total") == 2
    in_time = {key: LIVE[key] for key in ("method", "route")}
    assert value(service, "clinica_http_request_seconds_count", **in_time) == 20
    assert value(service, "clinica_http_request_seconds_bucket", **in_time, le="+Inf") == 20


def test_what_a_killed_worker_did_is_kept_and_what_it_was_doing_is_not(service, database_url):
    ask(service, 20)
    with lock(database_url) as database, ThreadPoolExecutor() as pool:
        pending = blocked(service, pool, database)
        wait_for(database.someone_waits)
        # La petición que espera y la que pregunta.
        assert value(service, "clinica_http_requests_in_progress") == 2
        assert value(service, "clinica_db_connections_in_use") == 1
        for worker in service.workers():
            worker.kill()
        with pytest.raises(http.client.RemoteDisconnected):
            pending.result()
        wait_for(lambda: has_started(service, 4))
    assert value(service, "clinica_workers") == 2
    assert live_requests(service) == 20
    assert value(service, "clinica_http_requests_in_progress") == 1
    assert value(service, "clinica_db_connections_in_use") == 0
    assert value(service, "clinica_db_connections_max") == 8
    ask(service, 5)
    assert live_requests(service) == 25


def test_an_orderly_restart_keeps_the_counts(service):
    ask(service, 20)
    before = {worker.pid for worker in service.workers()}
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: has_started(service, 4))
    wait_for(lambda: not before & {worker.pid for worker in service.workers()})
    assert value(service, "clinica_workers") == 2
    assert live_requests(service) == 20
    ask(service, 5)
    assert {live_requests(service) for _ in range(10)} == {25}


def test_what_does_not_exist_shares_one_label(service):
    for path in ("/reservado", "//reservado?x=reservado", "/products/reservado"):
        assert service.call("GET", path).status == 404
    assert service.call("RESERVADO", "/live").status == 405
    assert "reservado" not in page(service).lower()
    unknown = {"method": "otro", "route": "otro"}
    assert value(service, "clinica_http_requests_total", **unknown, status="404") == 3
    assert value(service, "clinica_http_requests_total", **unknown, status="405") == 1


def test_a_503_is_counted_with_its_reason(service, database_url):
    with lock(database_url) as database, ThreadPoolExecutor() as pool:
        assert blocked(service, pool, database).result().status == 503
    assert value(service, "clinica_unavailable_total", code="ocupado") == 1
    assert value(service, "clinica_unavailable_total", code="saturado") == 0


@pytest.mark.parametrize("given", ["", "otro-token-largo", "medidas-de-prueb"])
def test_it_is_read_only_with_its_token(service, given):
    assert service.call("GET", "//metrics", token=given).status == 401
    # Por la puerta de entrada, que solo deja pasar lo de /api, no se llega.
    assert service.call("GET", "/metrics", token=TOKEN).status == 404


@pytest.mark.parametrize("name", SERVICES)
def test_without_a_token_configured_there_is_no_page(api, name):
    client = api(name)._client
    assert client.get("/metrics").status_code == 404
