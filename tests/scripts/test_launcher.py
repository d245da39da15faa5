"""El arranque completo: los cinco servicios de verdad en una copia del proyecto."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from common.services import SERVICES
from scripts.demo.data import DUTIES, STAFF
from scripts.machine.ports import answers, free_ports
from tests.launched import Launched, copy_project, wait_for
from tests.served import serving

AUTH = ["auth_service.app:app"]
WORKER = ["facturacion_service.sri.worker"]
SIMULATOR = ["scripts.fake_sri"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="usa señales de POSIX")


def are_gone(processes: list[psutil.Process]) -> bool:
    """Un huérfano que nadie recoge queda como zombi: también terminó."""
    return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """El sistema en marcha por primera vez."""
    clinic = Launched(copy_project(tmp_path_factory.mktemp("clinica") / "mi clínica"))
    yield clinic
    if clinic.process and clinic.process.poll() is None:
        clinic.stop(signal.SIGTERM)


def test_the_first_start_serves_everything_and_says_how_to_enter(clinic: Launched) -> None:
    said = clinic.start()

    assert [clinic.health(name) for name in SERVICES] == [200] * 5
    for name, info in SERVICES.items():
        assert f"http://127.0.0.1:{clinic.ports[name]}{info.base_path}/docs" in said
    password = re.search(r"admin@clinica\.local y la contraseña (\w+)", said)
    assert password
    assert clinic.log_in("admin@clinica.local", password[1]).status == 200
    assert "\x1b" not in said
    for _, email, role in STAFF:
        assert re.search(rf"{email} +{role} +{DUTIES[role]}", said)


def test_a_second_start_in_the_same_folder_is_refused(clinic: Launched) -> None:
    assert "ya está en marcha desde esta carpeta" in clinic.refusal()
    assert clinic.health("auth") == 200


@pytest.mark.parametrize("order", ["figures", "migrate", "backup"])
def test_an_order_given_by_hand_finds_the_base_that_is_running(clinic: Launched, order: str) -> None:
    done = clinic.order("-m", f"common.{order}")
    assert done.returncode == 0, done.stderr


def by_hand(clinic: Launched, port: int) -> Iterator[tuple[list[str], str]]:
    """Las maneras de arrancar la autenticación a mano, y desde qué carpeta."""
    yield ["app.py"], "auth_service"
    yield ["-m", "auth_service.app"], "."
    yield serving(port, "auth_service.app:app")[1:], "."


def test_a_service_started_by_hand_finds_it_too(clinic: Launched) -> None:
    port = next(free_ports())
    for words, folder in by_hand(clinic, port):
        env = clinic.env | {"AUTH_SERVICE_PORT": str(port)}
        with subprocess.Popen([sys.executable, *words], cwd=clinic.root / folder, env=env) as process:
            wait_for(lambda: answers(port) or process.poll() is not None)
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                connection.request("GET", "/api/auth/health")
                status = connection.getresponse().status
            process.terminate()
            assert status == 200


@pytest.mark.parametrize("words", [AUTH, WORKER, SIMULATOR], ids=["service", "worker", "simulator"])
def test_whatever_is_killed_comes_back(clinic: Launched, words: list[str]) -> None:
    killed = clinic.process_of(*words)
    assert killed
    os.kill(killed.pid, signal.SIGKILL)

    wait_for(lambda: clinic.process_of(*words) not in (None, killed))
    wait_for(lambda: clinic.health("auth") == 200 and answers(clinic.simulator_port))


def test_an_impatient_stop_leaves_nothing(clinic: Launched) -> None:
    processes = clinic.children()

    assert clinic.stop() == 0
    assert clinic.listening() == []
    assert are_gone(processes)


def test_without_a_base_an_order_says_so_and_leaves_nothing(clinic: Launched) -> None:
    shutil.rmtree(clinic.root / "respaldos")
    for order in ("backup", "migrate", "figures"):
        done = clinic.order("-m", f"common.{order}")
        assert done.returncode == 1
        assert "DATABASE_URL" in done.stderr
        assert "run_all no la tiene en marcha" in done.stderr
    assert not (clinic.root / "respaldos").exists()
    refused = clinic.order(*serving(next(free_ports()), "auth_service.app:app")[1:])
    assert "run_all no la tiene en marcha" in refused.stderr


def test_a_killed_launcher_is_cleaned_up_by_the_next(clinic: Launched) -> None:
    clinic.start()
    left = clinic.children()
    assert clinic.stop(signal.SIGKILL) < 0

    said = clinic.start()

    assert are_gone(left)
    assert "Seguía en marcha" in said or "Iniciando el PostgreSQL incluido" in said
    assert "ADMIN_PASSWORD" in said
    assert clinic.stop(signal.SIGHUP) == 0
    assert clinic.listening() == []


def test_a_taken_port_stops_the_start_before_anything_runs(clinic: Launched) -> None:
    with socket.create_server(("127.0.0.1", clinic.ports["citas"])):
        said = clinic.refusal()

    assert "Citas: el puerto" in said
    assert "CITAS_SERVICE_PORT" in said
    assert "Iniciando" not in said


def test_a_taken_port_of_the_simulated_sri_stops_the_start_too(clinic: Launched) -> None:
    with socket.create_server(("127.0.0.1", clinic.simulator_port)):
        said = clinic.refusal()

    assert "SRI simulado: el puerto" in said
    assert "SRI_SIMULATOR_PORT" in said
    assert "Iniciando" not in said


def test_a_database_that_does_not_answer_stops_the_start(clinic: Launched) -> None:
    said = clinic.refusal(DATABASE_URL="postgresql://medica:Secreta-9@127.0.0.1:1/clinica")

    assert "nadie responde en 127.0.0.1:1" in said
    assert "Secreta-9" not in said


def test_a_bad_setting_stops_the_start_in_words(clinic: Launched) -> None:
    assert "CITAS_SERVICE_PORT: debe ser" in clinic.refusal(CITAS_SERVICE_PORT="cinco mil")


def test_a_service_that_cannot_start_takes_all_down_and_shows_its_log(clinic: Launched) -> None:
    app = clinic.root / "citas_service" / "app.py"
    app.write_text(app.read_text(encoding="utf-8") + "\nraise RuntimeError('avería de prueba')\n")

    said = clinic.refusal()

    assert "Citas terminó al iniciar" in said
    assert "avería de prueba" in said
    assert clinic.listening() == []
