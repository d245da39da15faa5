"""El sistema entero en marcha, como lo arranca una persona, en una copia del proyecto."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil
from dotenv import dotenv_values

from common.services import SERVICES
from tests.ports import answers, free_ports

ROOT = Path(__file__).parent.parent
READY = "Para detenerlo todo"
SETTINGS = ("DATABASE_URL", "JWT_SECRET_KEY", "ADMIN_", "SRI_", "SMTP_")


# Generoso: solo se agota si algo está roto.
DEADLINE_SECONDS = 120
Found = TypeVar("Found")


def _as_from_a_terminal() -> None:
    """Si las pruebas corren con `nohup`, que lo que arrancan no herede ignorar el cierre de la terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Clinic:
    """Una copia del proyecto con puertos libres propios."""

    def __init__(self, root: Path) -> None:
        self.root = root
        *ports, self.simulator_port = free_ports(len(SERVICES) + 1)
        self.ports = dict(zip(SERVICES, ports, strict=True))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)}
        self.env |= {SERVICES[name].port_variable: str(port) for name, port in self.ports.items()}
        self.env["SRI_SIMULATOR_PORT"] = str(self.simulator_port)
        self.process: subprocess.Popen[str] | None = None
        self._token: str | None = None

    def launch(self, **changes: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.launcher"],
            cwd=self.root,
            env=self.env | changes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            preexec_fn=_as_from_a_terminal if os.name == "posix" else None,
        )

    def start(self) -> str:
        """Inicia el sistema y devuelve lo que dijo hasta estar listo."""
        self.process = self.launch()
        said = ""
        for line in self.process.stdout or ():
            said += line
            if READY in line:
                return said
        self.process.communicate()
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
        # Sangrada es la del servicio que no arrancó, dentro del final de su registro.
        assert "\nTraceback" not in said
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

    def ask(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """Llama a un servicio como administración; los datos de una respuesta buena."""
        if self._token is None:
            account = dotenv_values(self.root / ".env")
            login = {"email": account["ADMIN_EMAIL"], "password": account["ADMIN_PASSWORD"]}
            self._token = self._request("auth", "POST", "/login", login, {})["token"]
        return self._request(service, method, path, body, {"Authorization": f"Bearer {self._token}"})

    def _request(self, service: str, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[service], timeout=30)
        try:
            words = json.dumps(body) if body is not None else None
            headers = {"Content-Type": "application/json", **headers}
            connection.request(method, SERVICES[service].base_path + path, words, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        assert response.status < 300, answer
        return answer["data"]

    def children(self) -> list[psutil.Process]:
        assert self.process
        return psutil.Process(self.process.pid).children(recursive=True)

    def process_of(self, *words: str) -> psutil.Process | None:
        """El proceso en marcha que se inició con esas palabras."""
        assert self.process
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                if set(words) <= set(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                    return child
        return None

    def listening(self) -> list[int]:
        return [port for port in (*self.ports.values(), self.simulator_port) if answers(port)]


def wait_for(look: Callable[[], Found | None]) -> Found:
    """Lo que se busca, cuando aparezca."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "no se cumplió a tiempo"
        time.sleep(0.1)
    return found


def copy_project(root: Path) -> Path:
    """Lo que hace falta para arrancar, en otra carpeta."""
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("common", "scripts", *(info.package for info in SERVICES.values())):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    shutil.copy(ROOT / ".env.example", root)
    for parent in (root, *root.parents[:3]):
        parent.chmod(0o755)  # para la cuenta sin privilegios, si se prueba como root
    return root
