"""El arranque de un servicio con gunicorn de verdad.

Su puerto es suyo, sus procesos se reparten las visitas y ninguno hereda una conexión a la base.
"""

import http.client
import json
import subprocess
import sys
from collections import Counter
from contextlib import closing

import pytest

from common.config import PROJECT_ROOT
from common.services import SERVICES
from scripts.machine.ports import HOST, free_ports
from tests.launched import wait_for
from tests.served import served, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="allí no hay gunicorn")

OPENS_TOO_SOON = """
from common.database import engine
from inventario_service.app import app

engine().connect().close()
"""


@pytest.fixture
def service(tmp_path):
    with served("inventario", tmp_path, WEB_WORKERS="2", LOG_LEVEL="INFO") as found:
        wait_for(lambda: len(found.workers()) == 2)
        yield found


def refusal(command, **options):
    """Lo que dice una orden que no llega a atender."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT_ROOT, **options)
    assert done.returncode not in (None, 0)
    return done.stderr


def said(service):
    return [json.loads(line) for line in service.log.read_text(encoding="utf-8").splitlines()]


def ways(port, monkeypatch):
    """Cada manera de arrancar citas a mano en ese puerto."""
    monkeypatch.setenv("CITAS_SERVICE_PORT", str(port))
    yield serving(port, "citas_service.app:app")
    yield [sys.executable, "citas_service/app.py"]
    yield [sys.executable, "-m", "citas_service.app"]


def test_it_says_once_where_it_serves_whatever_its_workers(service):
    lines = [line["message"] for line in said(service) if "atiende" in line["message"]]
    assert lines == [f"inventario atiende en http://127.0.0.1:{service.port}"]


def test_nobody_else_starts_on_its_port_and_who_has_it_is_named(service, monkeypatch):
    for command in ways(service.port, monkeypatch):
        words = refusal(command)
        assert f"El puerto {service.port} ya está ocupado" in words, words
        assert "Traceback" not in words
        if sys.platform == "linux":
            assert f"Inventario (proceso {service.process.pid})" in words
    # El que lo tenía sigue solo.
    assert {service.call("GET", "//api/citas/live").status for _ in range(20)} == {404}


def test_an_address_of_another_machine_is_refused_in_words(monkeypatch):
    elsewhere = "192.0.2.1"
    monkeypatch.setenv("HOST", elsewhere)
    for command in ways(next(free_ports()), monkeypatch):
        words = refusal([word.replace(HOST, elsewhere) for word in command])
        assert f"No se puede escuchar en {elsewhere}:" in words, words
        assert "Traceback" not in words


def test_every_worker_takes_a_share_of_the_kept_connections(service):
    clients = [http.client.HTTPConnection("127.0.0.1", service.port, timeout=60) for _ in range(50)]
    for client in clients:
        client.request("GET", SERVICES["inventario"].base_path + "/live")
        client.getresponse().read()
    for client in clients:
        with closing(client):
            client.request("GET", SERVICES["inventario"].base_path + "/live")
            assert client.getresponse().status == 200
    shares = Counter(line["pid"] for line in said(service) if line["message"] == "peticion")
    assert set(shares) == {worker.pid for worker in service.workers()}


def test_a_connection_opened_before_the_fork_stops_the_start(tmp_path, monkeypatch):
    (tmp_path / "hasty.py").write_text(OPENS_TOO_SOON, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    words = refusal(serving(next(free_ports()), "hasty:app"))
    assert "la base se abrió antes de bifurcar" in words
