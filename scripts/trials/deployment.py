"""Un servicio desplegado solo: `common/`, su carpeta, un `.env` y su entorno de Python.

Nada del proyecto del que sale ni de quien lo ejecuta llega a él.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from common.services import ServiceInfo
from scripts.machine.console import UserError, indent, tail
from scripts.machine.ports import HOST, answers, free_ports
from scripts.machine.processes import spawn, stop_all
from scripts.machine.venv_state import Venv
from scripts.starting.installer import MISLEADING
from scripts.trials.calls import Reply, call_once

READY_SECONDS = 60.0
LINES = 60  # de lo que dijo una orden que falla
# Lo que un programa toma de su equipo: dónde está cada cosa, en qué idioma y por dónde se sale a internet.
INHERITED = re.compile(
    r"PATH|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|COMSPEC|TMPDIR|TMP|TEMP|LANG|LC_\w+|TZ"
    r"|PIP_\w+|SSL_\w+|\w+_CA_BUNDLE|\w+_PROXY",
    re.IGNORECASE,
)


class Deployment:
    """La carpeta de un servicio, lo que se ejecuta en ella y lo que responde.

    :param place: carpeta vacía; el entorno y el registro quedan al lado de lo desplegado, no dentro.
    """

    def __init__(self, origin: Path, place: Path, info: ServiceInfo) -> None:
        self.folder = place / "clinica"
        self.info = info
        self.port = next(free_ports())
        self._origin = origin
        self._venv = Venv(place)
        self._log = place / "salida.log"
        self._env = {k: v for k, v in os.environ.items() if INHERITED.fullmatch(k) and k not in MISLEADING}

    def program(self, name: str = "python") -> str:
        """La ruta de un programa de su entorno."""
        return str(self._venv.python.with_name(name))

    def copy(self, *names: str) -> None:
        """Trae del proyecto unos archivos o carpetas."""
        for name in names:
            source, target = self._origin / name, self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)

    def configure(self, **variables: str) -> None:
        """Escribe su `.env`."""
        lines = (f"{name}={value}\n" for name, value in variables.items())
        (self.folder / ".env").write_text("".join(lines), encoding="utf-8")

    def create_venv(self) -> None:
        """Un entorno de Python vacío; sin pip propio, que el nuestro instala en él y se tarda menos."""
        venv.create(self._venv.path, symlinks=sys.platform != "win32")

    def pip_install(self, *arguments: str) -> None:
        """Instala en su entorno, desde la carpeta del servicio.

        :raises UserError: si pip falla.
        """
        pip = [sys.executable, "-m", "pip", "--python", self.program()]
        self.run([*pip, "install", "--no-input", "--progress-bar", "off", *arguments], self.info.package)

    def run(self, command: list[str], where: str = ".", **variables: str) -> str:
        """Lo que dice una orden que termina.

        :raises UserError: si termina mal; incluye el final de lo que dijo.
        """
        process = spawn(command, self.folder / where, self._log, self._env | variables)
        try:
            process.wait()
        finally:
            stop_all([process])  # también a sus hijos: `pip --python` trabaja en uno
            said = self._read_log()
        if process.returncode:
            raise UserError(f"terminó con estado {process.returncode}:\n{indent(said, LINES)}")
        return said

    @contextmanager
    def serving(self, command: list[str], where: str = ".") -> Iterator[None]:
        """Con el servicio en marcha; a la salida está detenido.

        :raises UserError: si no atiende o falla lo de dentro; incluye el final de su registro.
        """
        process = spawn(command, self.folder / where, self._log, self._env)
        try:
            self._wait_until_open(process)
            yield
        except UserError as error:
            raise UserError(f"{error}\n{tail(self._log, LINES)}") from error
        finally:
            stop_all([process])
            self._read_log()

    def expect(self, status: int, method: str, path: str) -> Any:
        """Lo que responde a una petición sin token, ya leído si es JSON.

        :raises UserError: si responde con otro estado.
        """
        reply = self._ask(method, path)
        if reply.status != status:
            text = reply.content.decode("utf-8", "replace")[:300]
            raise UserError(f"{method} {path} respondió {reply.status} y no {status}: {text}")
        return reply.json if reply.headers.get_content_type() == "application/json" else reply.content

    def _read_log(self) -> str:
        """Lo escrito desde la vez anterior."""
        said = self._log.read_text(encoding="utf-8", errors="replace")
        self._log.unlink()
        return said

    def _ask(self, method: str, path: str) -> Reply:
        try:
            return call_once(method, f"http://{HOST}:{self.port}{path}")
        except (OSError, HTTPException) as error:
            raise UserError(f"{method} {path} no tuvo respuesta ({error})") from error

    def _wait_until_open(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + READY_SECONDS
        # Sin is_free, que al probar el puerto lo ocupa un instante.
        while not answers(self.port):
            if process.poll() is not None:
                raise UserError(f"terminó al iniciar, con estado {process.returncode}:")
            if time.monotonic() > deadline:
                raise UserError(f"no abrió su puerto en {READY_SECONDS:.0f} s:")
            time.sleep(0.1)
