"""El sistema entero en marcha, como lo arranca una persona, en una copia del proyecto."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import psutil
from dotenv import dotenv_values

from common.services import SERVICES
from scripts.machine.ports import answers, free_ports
from scripts.trials.calls import call_once
from scripts.trials.desk import Reachable

ROOT = Path(__file__).parent.parent
READY = "Para detenerlo todo"
SETTINGS = ("DATABASE_URL", "JWT_SECRET_KEY", "ADMIN_", "SRI_", "SMTP_")


# Generoso: solo se agota si algo está roto.
DEADLINE_SECONDS = 120
Found = TypeVar("Found")


def _as_from_a_terminal() -> None:
    """Si las pruebas corren con `nohup`, que lo que arrancan no herede ignorar el cierre de la terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Launched(Reachable):
    """Una copia del proyecto con puertos libres propios."""

    def __init__(self, root: Path) -> None:
        self.root = root
        *ports, self.simulator_port = islice(free_ports(), len(SERVICES) + 1)
        super().__init__(dict(zip(SERVICES, ports, strict=True)))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)}
        self.env |= {SERVICES[name].port_variable: str(port) for name, port in self.ports.items()}
        self.env["SRI_SIMULATOR_PORT"] = str(self.simulator_port)
        self.process: subprocess.Popen[str] | None = None

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
        """El estado con que responde de su salud un servicio; 0 si no contesta."""
        try:
            return call_once("GET", f"{self.address(name)}/health").status
        except (OSError, HTTPException):
            return 0

    def ask(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """Llama a un servicio como administración; los datos de una respuesta buena."""
        return call_once(method, self.address(service) + path, body, token=self._token).data

    @cached_property
    def _token(self) -> str:
        account = dotenv_values(self.root / ".env")
        reply = self.log_in(str(account["ADMIN_EMAIL"]), str(account["ADMIN_PASSWORD"]))
        return str(reply.data["token"])

    def order(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Una orden de Python dada a mano en su carpeta."""
        return subprocess.run(
            [sys.executable, *command], cwd=self.root, env=self.env, capture_output=True, encoding="utf-8"
        )

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
