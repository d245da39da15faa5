"""Un servicio servido por un gunicorn de verdad, para lo que en el mismo proceso no se puede ver."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil

from common.access.tokens import issue_token
from common.config import PROJECT_ROOT
from common.services import SERVICES
from tests import factories
from tests.clinic import wait_for
from tests.ports import answers, free_ports


class Served:
    """El servicio en marcha.

    :param log: lo que escribe.
    """

    def __init__(self, name: str, log: Path, **variables: str) -> None:
        self._info, self.log = SERVICES[name], log
        (self.port,) = free_ports(1)
        where = ["--bind", f"127.0.0.1:{self.port}"]
        command = ["-m", "gunicorn", "-c", "common/gunicorn_conf.py", *where, f"{self._info.package}.app:app"]
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=PROJECT_ROOT, env=os.environ | variables, stderr=file
            )

    def is_ready(self) -> bool:
        """Si ya atiende."""
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
        return answers(self.port)

    def workers(self) -> list[psutil.Process]:
        """Los procesos que atienden."""
        return psutil.Process(self.process.pid).children()

    def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> tuple[int, bytes]:
        """Una petición por una conexión nueva: el estado y el cuerpo.

        :param path: relativo a la base del servicio, o absoluto si empieza por dos barras.
        """
        path = path[1:] if path.startswith("//") else self._info.base_path + path
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            content = json.dumps(body) if body is not None else None
            connection.request(method, path, content, headers if token else {})
            response = connection.getresponse()
            return response.status, response.read()

    def stop(self) -> int:
        """Pide parar en orden y devuelve con qué código salió."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def served(name: str, folder: Path, **variables: str) -> Iterator[Served]:
    """Un servicio en marcha mientras dura el bloque."""
    found = Served(name, folder / f"{name}.log", **variables)
    try:
        wait_for(found.is_ready)
        yield found
    finally:
        found.process.terminate()
        found.process.wait()


def token(role: str = "Admin") -> str:
    """Un token de alguien nuevo con ese rol."""
    return issue_token(factories.user(role), role, 1)[0]
