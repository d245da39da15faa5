"""`run_all` de verdad, en una copia del proyecto y en puertos libres: para medir lo que se pone en marcha."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from benchmarks.driver import Source, prepared
from common.services import SERVICES
from scripts.demo.data import STAFF
from scripts.envfile import ADMIN_EMAIL
from scripts.machine.console import UserError
from scripts.machine.ports import HOST, free_ports
from scripts.starting.welcome import HOW_TO_STOP
from scripts.trials.calls import Caller
from scripts.trials.throwaway import ROOT

PASSWORD = "Medida-2026-clinica"  # noqa: S105 - de una base de usar y tirar
_EMAILS = {"Admin": ADMIN_EMAIL} | {role: email for _, email, role in STAFF}


class RunAll:
    """El sistema en marcha.

    :param ports: el de cada servicio.
    :param process: el que lo arrancó y lo cuida.
    """

    def __init__(self, ports: dict[str, int], process: "subprocess.Popen[str]") -> None:
        self._ports = ports
        self._process = process
        self._tokens: dict[str, str] = {}

    def source(self, service: str, requests: Iterator[bytes]) -> Source:
        """Peticiones a un servicio."""
        return Source(self._ports[service], requests)

    def call(self, service: str, path: str, role: str) -> bytes:
        """Los bytes de una consulta de alguien con ese rol."""
        return prepared("GET", SERVICES[service].base_path + path, token=self._token(role))

    def processes(self) -> list[psutil.Process]:
        """Todos, también el que los cuida."""
        launcher = psutil.Process(self._process.pid)
        return [launcher, *launcher.children(recursive=True)]

    def _token(self, role: str) -> str:
        if role not in self._tokens:
            body = {"email": _EMAILS[role], "password": PASSWORD}
            url = f"http://{HOST}:{self._ports['auth']}{SERVICES['auth'].base_path}/login"
            with closing(Caller()) as stranger:
                self._tokens[role] = stranger.call("POST", url, body).data["token"]
        return self._tokens[role]


@contextmanager
def running_all() -> Iterator[RunAll]:
    """Lo que hace `run_all` la primera vez, con la clínica de muestra; al salir está detenido y borrado."""
    with tempfile.TemporaryDirectory(prefix="clinica-entera-") as folder:
        root, free = Path(folder), free_ports()
        root.chmod(0o755)  # la cuenta de PostgreSQL, si se mide como root, tiene que poder entrar
        _copy(root)
        ports = {name: next(free) for name in SERVICES}
        with _launched(root, _environment(ports, next(free))) as process:
            yield RunAll(ports, process)


def _copy(root: Path) -> None:
    for name in ("common", "scripts", *(info.package for info in SERVICES.values())):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".env.example", root)


def _environment(ports: dict[str, int], simulator: int) -> dict[str, str]:
    ours = re.compile(r"DATABASE_URL|JWT_|ADMIN_|SRI_|SMTP_|WEB_")
    inherited = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return inherited | {
        **{SERVICES[name].port_variable: str(port) for name, port in ports.items()},
        "SRI_SIMULATOR_PORT": str(simulator),
        "ADMIN_EMAIL": ADMIN_EMAIL,
        "ADMIN_PASSWORD": PASSWORD,
    }


@contextmanager
def _launched(root: Path, env: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "scripts.launcher"]
    process = subprocess.Popen(
        command, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    try:
        _wait_until_ready(process)
        yield process
    finally:
        process.terminate()
        process.communicate()


def _wait_until_ready(process: "subprocess.Popen[str]") -> None:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if HOW_TO_STOP in line:
            return
    raise UserError("run_all no llegó a estar en marcha:\n" + "".join(said))
