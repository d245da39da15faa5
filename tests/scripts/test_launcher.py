"""El arranque completo: los cinco servicios de verdad en una copia del proyecto."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from common.services import SERVICES

ROOT = Path(__file__).parent.parent.parent
READY = "Para detenerlo todo"
SETTINGS = {"DATABASE_URL", "JWT_SECRET_KEY", "ADMIN_EMAIL", "ADMIN_PASSWORD"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="usa señales de POSIX")


class Clinic:
    """Una copia del proyecto con puertos libres propios."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.env = {k: v for k, v in os.environ.items() if k not in SETTINGS} | {
            SERVICES[name].port_variable: str(port) for name, port in self.ports.items()
        }
        self.process: subprocess.Popen[str] | None = None

    def launch(self, **changes: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.launcher"],
            cwd=self.root,
            env=self.env | changes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def start(self) -> str:
        """Inicia el sistema y devuelve lo que dijo hasta estar listo."""
        self.process = self.launch()
        said = ""
        for line in self.process.stdout or ():
            said += line
            if READY in line:
                return said
        raise AssertionError(said)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Lo detiene con una señal repetida, como quien pulsa Ctrl-C con impaciencia."""
        assert self.process
        for _ in range(3):
            self.process.send_signal(number)
        self.process.communicate()
        return self.process.returncode

    def refusal(self, **changes: str) -> str:
        """Lo que dice un arranque que no sigue."""
        with self.launch(**changes) as process:
            said, _ = process.communicate()
        assert process.returncode == 1
        assert "Traceback" not in said
        return said

    def health(self, name: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=5)
        try:
            connection.request("GET", f"{SERVICES[name].base_path}/health")
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def login(self, password: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["auth"], timeout=10)
        body = json.dumps({"email": "admin@clinica.local", "password": password})
        connection.request("POST", "/api/auth/login", body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    def children(self) -> list[psutil.Process]:
        assert self.process
        return psutil.Process(self.process.pid).children(recursive=True)

    def listening(self) -> list[int]:
        return [port for port in self.ports.values() if answers(port)]


def free_ports(count: int) -> list[int]:
    """Puertos por debajo de los que el sistema reparte, para que nadie los tome entre tanto."""
    found: list[int] = []
    port = 10000 + os.getpid() * 7 % 9000
    while len(found) < count:
        if not answers(port):
            found.append(port)
        port += 1
    return found


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def are_gone(processes: list[psutil.Process]) -> bool:
    """Un huérfano que nadie recoge queda como zombi: también terminó."""
    return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """El sistema en marcha por primera vez."""
    root = tmp_path_factory.mktemp("clinica") / "mi clínica"
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("common", "scripts", *(info.package for info in SERVICES.values())):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    shutil.copy(ROOT / ".env.example", root)
    for parent in (root, *root.parents[:3]):
        parent.chmod(0o755)  # para la cuenta sin privilegios, si se prueba como root
    clinic = Clinic(root)
    yield clinic
    if clinic.process and clinic.process.poll() is None:
        clinic.stop(signal.SIGTERM)


def test_the_first_start_serves_everything_and_says_how_to_enter(clinic: Clinic) -> None:
    said = clinic.start()

    assert [clinic.health(name) for name in SERVICES] == [200] * 5
    for name, info in SERVICES.items():
        assert f"http://127.0.0.1:{clinic.ports[name]}{info.base_path}/docs" in said
    password = re.search(r"admin@clinica\.local y la contraseña (\w+)", said)
    assert password
    assert clinic.login(password[1]) == 200
    assert "\x1b" not in said


def test_a_second_start_in_the_same_folder_is_refused(clinic: Clinic) -> None:
    assert "ya está en marcha desde esta carpeta" in clinic.refusal()
    assert clinic.health("auth") == 200


def test_a_killed_service_comes_back(clinic: Clinic) -> None:
    pid = json.loads((clinic.root / ".run" / "procesos.json").read_text())[0][0]
    os.kill(pid, signal.SIGKILL)
    while psutil.pid_exists(pid) or clinic.health("auth") != 200:
        time.sleep(0.1)


def test_an_impatient_stop_leaves_nothing(clinic: Clinic) -> None:
    processes = clinic.children()

    assert clinic.stop() == 0
    assert clinic.listening() == []
    assert are_gone(processes)


def test_a_killed_launcher_is_cleaned_up_by_the_next(clinic: Clinic) -> None:
    clinic.start()
    left = clinic.children()
    assert clinic.stop(signal.SIGKILL) < 0

    said = clinic.start()

    assert are_gone(left)
    assert "Seguía en marcha" in said or "Iniciando el PostgreSQL incluido" in said
    assert "ADMIN_PASSWORD" in said
    assert clinic.stop(signal.SIGHUP) == 0
    assert clinic.listening() == []


def test_a_taken_port_stops_the_start_before_anything_runs(clinic: Clinic) -> None:
    with socket.create_server(("127.0.0.1", clinic.ports["citas"])):
        said = clinic.refusal()

    assert "Citas: el puerto" in said
    assert "CITAS_SERVICE_PORT" in said
    assert "Iniciando" not in said


def test_a_database_that_does_not_answer_stops_the_start(clinic: Clinic) -> None:
    said = clinic.refusal(DATABASE_URL="postgresql://medica:Secreta-9@127.0.0.1:1/clinica")

    assert "nadie responde en 127.0.0.1:1" in said
    assert "Secreta-9" not in said


def test_a_bad_setting_stops_the_start_in_words(clinic: Clinic) -> None:
    assert "CITAS_SERVICE_PORT: debe ser" in clinic.refusal(CITAS_SERVICE_PORT="cinco mil")


def test_a_service_that_cannot_start_takes_all_down_and_shows_its_log(clinic: Clinic) -> None:
    app = clinic.root / "citas_service" / "app.py"
    app.write_text(app.read_text(encoding="utf-8") + "\nraise RuntimeError('avería de prueba')\n")

    said = clinic.refusal()

    assert "Citas terminó al iniciar" in said
    assert "avería de prueba" in said
    assert clinic.listening() == []
