"""Cambiar el programa de un servicio en marcha sin cortar a nadie: USR2 y, cuando el nuevo atiende, TERM."""

import json
import os
import signal
import sys
from contextlib import contextmanager, suppress

import psutil
import pytest

from tests.launched import wait_for
from tests.served import CONFIG, served

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="allí no hay gunicorn")

# El servicio, con algo que dice de qué versión es.
PROGRAM = """
from inventario_service.app import app as service


def app(environ, start_response):
    if environ["PATH_INFO"] != "/version":
        return service(environ, start_response)
    start_response("200 OK", [("Content-Length", "{length}")])
    return [b"{version}"]
"""


# Otro, con una biblioteca que avisa de algo.
WARNS = """
import logging

from inventario_service.app import app as service


def app(environ, start_response):
    logging.getLogger("una.biblioteca").warning("cuidado")
    return service(environ, start_response)
"""


def write(folder, version):
    text = PROGRAM.format(version=version, length=len(version))
    (folder / "upgraded.py").write_text(text, encoding="utf-8")


@contextmanager
def running(folder, app="upgraded:app", config=CONFIG):
    write(folder, "vieja")
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    variables = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "WEB_WORKERS": "2"}
    with served("inventario", folder, app, config, **variables) as found:
        wait_for(lambda: len(found.workers()) == 2)
        yield found
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if f"127.0.0.1:{found.port}" in process.cmdline():
                process.kill()


@pytest.fixture
def service(tmp_path, database_url):
    with running(tmp_path) as found:
        yield found


def versions(service):
    """Qué versiones contestan, en conexiones nuevas."""
    answers = [service.call("GET", "//version") for _ in range(30)]
    assert {answer.status for answer in answers} == {200}
    return {answer.content.decode() for answer in answers}


def reload(service):
    """Cambia sus procesos por otros (HUP)."""
    before = set(service.workers())
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: len(set(service.workers()) - before) == 2 and not before & set(service.workers()))


def masters(service):
    """El que se inició y el que lo releva."""
    old = psutil.Process(service.process.pid)
    return [old, *(child for child in old.children() if child.children())]


def test_a_reload_keeps_the_old_program_and_usr2_brings_the_new_one(service, tmp_path):
    write(tmp_path, "nueva")
    reload(service)
    assert versions(service) == {"vieja"}

    service.process.send_signal(signal.SIGUSR2)
    wait_for(lambda: len(masters(service)) == 2 and len(masters(service)[1].children()) == 2)
    wait_for(lambda: "nueva" in versions(service))
    (_, new) = masters(service)
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(60) == 0
    assert versions(service) == {"nueva"}

    new.terminate()
    psutil.wait_procs([new], timeout=60)
    assert not new.is_running()


def test_a_new_program_that_does_not_start_leaves_the_old_one_serving(service, tmp_path):
    (tmp_path / "upgraded.py").write_text("raise RuntimeError('no arranca')\n", encoding="utf-8")
    service.process.send_signal(signal.SIGUSR2)
    wait_for(lambda: "no arranca" in service.log.read_text(encoding="utf-8"))
    wait_for(lambda: len(service.workers()) == 2)
    assert versions(service) == {"vieja"}
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(60) == 0


def test_where_the_processes_share_one_open_port_the_new_program_inherits_it(tmp_path, database_url):
    """Como en macOS, donde cada proceso no puede abrirlo por su cuenta."""
    config = tmp_path / "shared_port.py"
    config.write_text("from common.gunicorn_conf import *\nreuse_port = False\n", encoding="utf-8")
    with running(tmp_path, config=str(config)) as service:
        write(tmp_path, "nueva")
        service.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: "nueva" in versions(service))
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
        assert versions(service) == {"nueva"}


def test_after_a_reload_what_the_libraries_say_is_still_a_line_of_the_service(tmp_path, database_url):
    (tmp_path / "warns.py").write_text(WARNS, encoding="utf-8")
    with running(tmp_path, "warns:app") as service:
        reload(service)
        assert service.call("GET", "/live").status == 200
        wait_for(lambda: "cuidado" in service.log.read_text(encoding="utf-8"))
        lines = [json.loads(line) for line in service.log.read_text(encoding="utf-8").splitlines()]
    assert [line["service"] for line in lines if line["message"] == "cuidado"] == ["inventario"]
