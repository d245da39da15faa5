"""`python -m scripts.fuzz [--cases N] [servicio …]`: peticiones inventadas contra el sistema en marcha.

Inicia los cinco servicios con una base desechable, la clínica de muestra y un SRI simulado, y deja que
schemathesis saque de cada OpenAPI peticiones buenas, malas y en los límites. Falla si alguna respuesta no es
de las publicadas, si algo que el esquema prohíbe se acepta, o si algo responde 500. Con la misma semilla, las
mismas peticiones.
"""

import argparse
import base64
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common.services import SERVICES
from scripts import lineup
from scripts.console import UserError, complain, indent, prepare_output, say
from scripts.ports import is_free
from scripts.postgres import EmbeddedPostgres
from scripts.processes import Ledger
from scripts.stopping import StopSignal
from scripts.supervisor import Supervisor
from scripts.tasks import Task

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = ROOT / "scripts" / "fuzz.toml"
HOST = "127.0.0.1"
FULL_CASES = 100
# Autenticación al final: lo que ahí se prueba cambia las cuentas y los roles.
ORDER = sorted(SERVICES, key=lambda name: name == "auth")
SEED = 2026
ADMIN = "admin@clinica.test"
_CASES = re.compile(r"(\d[\d,]*) generated")


class Clinic:
    """El sistema en marcha y cómo se entra en él."""

    def __init__(self, place: Path, url: str) -> None:
        self.place = place
        self.password = secrets.token_urlsafe(12)
        free = _free_ports()
        self.ports = {name: next(free) for name in SERVICES}
        self.tasks = {name: _task(name, port, place) for name, port in self.ports.items()}
        simulator = next(free)
        self.env = os.environ | {
            "DATABASE_URL": url,
            "JWT_SECRET_KEY": secrets.token_urlsafe(48),
            "ADMIN_EMAIL": ADMIN,
            "ADMIN_PASSWORD": self.password,
            "BCRYPT_ROUNDS": "4",
            "SRI_CERTIFICATE_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            **lineup.to_the_simulator(simulator),
            "LOG_LEVEL": "WARNING",
            "SCHEMATHESIS_HOOKS": "scripts.fuzz_hooks",
            "PYTHONPATH": str(ROOT),
            # Lo que gunicorn rechaza por largo no llega al programa.
            "GUNICORN_CMD_ARGS": "--limit-request-line 0",
        }
        sri = [lineup.sri_simulator(simulator, place, place / "sri"), lineup.sri_worker(place)]
        tasks = [*self.tasks.values(), *sri]
        self._supervisor = Supervisor(ROOT, tasks, self.env, Ledger(place / "procesos"))

    def start(self) -> None:
        """Prepara la base con la clínica de muestra y espera a que todo trabaje."""
        command = [sys.executable, "-m", "scripts.prepare", "--demo"]
        subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.DEVNULL)
        self._supervisor.start(StopSignal())

    def stop(self) -> None:
        """Detiene todo."""
        self._supervisor.stop()

    def address(self, name: str) -> str:
        """La dirección base de un servicio."""
        return lineup.address(SERVICES[name], HOST, self.ports[name])

    def token(self) -> str:
        """Una sesión nueva de administración."""
        body = json.dumps({"email": ADMIN, "password": self.password}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address('auth')}/login", body, headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - es este mismo equipo
            token: str = json.load(answer)["data"]["token"]
        return token


def _free_ports() -> Iterator[int]:
    return (port for port in range(13000 + os.getpid() % 900 * 10, 32000) if is_free(HOST, port))


def _task(name: str, port: int, place: Path) -> Task:
    return lineup.web_service(SERVICES[name], HOST, port, place / f"{name}.log")


@contextmanager
def running() -> Iterator[Clinic]:
    """El sistema en marcha con una base desechable."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clinica-fuzz-")))
        server = stack.enter_context(EmbeddedPostgres(fast=True))
        server.create_database("clinica")
        clinic = Clinic(place, server.url("clinica"))
        stack.callback(clinic.stop)
        clinic.start()
        yield clinic


def fuzz(clinic: Clinic, name: str, cases: int) -> str:
    """Prueba un servicio; devuelve cuántas peticiones le hizo.

    :raises UserError: con todo lo que no cumple.
    """
    task = clinic.tasks[name]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"),
        *("--header", f"Authorization: Bearer {clinic.token()}"),
        *("--max-examples", str(cases), "--seed", str(SEED), "--no-color"),
        f"{clinic.address(name)}/openapi.json",
    ]
    # En otra carpeta: schemathesis deja junto a quien lo llama lo que encuentra.
    done = subprocess.run(command, cwd=clinic.place, env=clinic.env, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise UserError(f"{task.title}:\n{indent(done.stdout + done.stderr, 400)}\n{task.last_words()}")
    found = _CASES.search(done.stdout)
    return found[1] if found else "?"


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida: 0 si todo lo que respondieron es lo que publican."""
    prepare_output()
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=FULL_CASES, help="peticiones al azar por operación")
    parser.add_argument("services", nargs="*", choices=[[], *SERVICES], metavar="servicio")
    options = parser.parse_args(arguments)
    failed = False
    with running() as clinic:
        for name in options.services or ORDER:
            started = time.monotonic()
            try:
                count = fuzz(clinic, name, options.cases)
                say(f"{SERVICES[name].title}: {count} peticiones, bien ({time.monotonic() - started:.0f} s)")
            except UserError as error:
                complain(str(error))
                failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
