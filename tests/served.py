"""Un servicio servido por un gunicorn de verdad, para lo que en el mismo proceso no se puede ver."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from common.access.tokens import issue_token
from common.config import PROJECT_ROOT
from common.services import SERVICES
from scripts.machine.ports import HOST, answers, free_ports
from scripts.machine.processes import spawn, stop_all
from scripts.trials.calls import Reply, call_once
from tests import factories
from tests.launched import wait_for

CONFIG = "common/gunicorn_conf.py"


class Served:
    """El servicio en marcha.

    :param log: lo que escribe.
    :param app: la aplicación, si no es la del servicio.
    """

    def __init__(self, name: str, log: Path, app: str = "", config: str = CONFIG, **variables: str) -> None:
        self._info, self.log = SERVICES[name], log
        self.port = next(free_ports())
        command = serving(self.port, app or f"{self._info.package}.app:app", config)
        self.process = spawn(command, PROJECT_ROOT, log, os.environ | variables)

    def is_ready(self) -> bool:
        """Si ya atiende."""
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
        return answers(self.port)

    def workers(self) -> list[psutil.Process]:
        """Los procesos que atienden."""
        return psutil.Process(self.process.pid).children()

    def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Reply:
        """Una petición por una conexión nueva.

        :param path: relativo a la base del servicio, o absoluto si empieza por dos barras.
        """
        path = path[1:] if path.startswith("//") else self._info.base_path + path
        return call_once(method, f"http://{HOST}:{self.port}{path}", body, token=token)


def serving(port: int, app: str, config: str = CONFIG) -> list[str]:
    """La orden con que gunicorn sirve una aplicación."""
    where = ["--bind", f"{HOST}:{port}"]
    return [sys.executable, "-m", "gunicorn", "-c", config, *where, app]


@contextmanager
def served(
    name: str, folder: Path, app: str = "", config: str = CONFIG, **variables: str
) -> Iterator[Served]:
    """Un servicio en marcha mientras dura el bloque."""
    found = Served(name, folder / f"{name}.log", app, config, **variables)
    try:
        wait_for(found.is_ready)
        yield found
    finally:
        stop_all([found.process])


def token(role: str = "Admin") -> str:
    """Un token de alguien nuevo con ese rol."""
    return issue_token(factories.user(role), role, 1)[0]
