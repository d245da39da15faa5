"""Los cinco servicios en marcha: iniciarlos, esperar a que atiendan, reponer el que se caiga."""

import http.client
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.console import UserError, say, tail
from scripts.ports import bracketed, reachable_host
from scripts.processes import Ledger, kill_group, spawn, stop_all
from scripts.stopping import StopSignal

HEALTHY_SECONDS = 60.0
POLL_SECONDS = 0.2
# La causa está en la traza de cada proceso de gunicorn, antes de la despedida de su maestro.
LAST_LINES = 120
MAX_RESTARTS, RESTART_WINDOW_SECONDS = 5, 60.0


@dataclass
class Service:
    """Un servicio y el proceso que lo atiende."""

    title: str
    package: str
    host: str
    port: int
    base_path: str
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    log_start: int = 0
    restart_at: float = 0.0
    restarts: deque[float] = field(default_factory=deque)

    @property
    def address(self) -> str:
        """Lo que una persona pone en el navegador."""
        return f"http://{bracketed(reachable_host(self.host))}:{self.port}{self.base_path}"

    def command(self) -> list[str]:
        """La orden que lo inicia."""
        where = f"{bracketed(self.host)}:{self.port}"
        if sys.platform == "win32":
            server = ["waitress", f"--listen={where}", "--threads=8"]
        else:
            server = ["gunicorn", "-c", "common/gunicorn_conf.py", "--bind", where]
        return [sys.executable, "-m", *server, f"{self.package}.app:app"]

    def is_healthy(self) -> bool:
        """Si su comprobación de salud contesta 200."""
        # Sin urllib: una variable http_proxy desviaría la pregunta.
        connection = http.client.HTTPConnection(reachable_host(self.host), self.port, timeout=5)
        try:
            connection.request("GET", f"{self.base_path}/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def died(self) -> bool:
        """Si su proceso terminó."""
        return self.process is None or self.process.poll() is not None

    def last_words(self) -> str:
        """El final de lo que escribió desde que se inició."""
        return f"{tail(self.log, LAST_LINES, self.log_start)}\n  (registro completo: {self.log})"


class Supervisor:
    """Cuida de todos los servicios a la vez."""

    def __init__(self, root: Path, services: list[Service], env: Mapping[str, str], ledger: Ledger) -> None:
        self._root = root
        self._services = services
        self._env = env
        self._ledger = ledger

    def start(self, stop: StopSignal) -> None:
        """Inicia todos y vuelve cuando todos atienden.

        :raises UserError: uno terminó o no atendió a tiempo; incluye el final de su registro.
        """
        for service in self._services:
            stop.check()
            self._spawn(service)
        for service in self._services:
            self._wait_until_healthy(service, stop)

    def watch(self, stop: StopSignal) -> None:
        """Una ronda: repone lo que se haya caído, cada vez con más espera.

        :raises UserError: uno se cae demasiadas veces.
        """
        for service in self._services:
            if service.died():
                self._restart_when_due(service)
        stop.wait(POLL_SECONDS)

    def stop(self) -> None:
        """Detiene todos, en el orden inverso al de inicio."""
        stop_all([s.process for s in reversed(self._services) if s.process])
        self._ledger.write([])

    def _spawn(self, service: Service) -> None:
        service.log_start = service.log.stat().st_size if service.log.exists() else 0
        service.process = spawn(service.command(), self._root, service.log, self._env)
        self._ledger.write([s.process.pid for s in self._services if s.process])

    def _wait_until_healthy(self, service: Service, stop: StopSignal) -> None:
        deadline = time.monotonic() + HEALTHY_SECONDS
        while not service.is_healthy():
            if service.died():
                raise UserError(f"{service.title} terminó al iniciar:\n{service.last_words()}")
            if time.monotonic() > deadline:
                seconds = f"{HEALTHY_SECONDS:.0f} s"
                raise UserError(f"{service.title} no atendió en {seconds}:\n{service.last_words()}")
            stop.wait(POLL_SECONDS)
        say(f"  {service.title}: listo en el puerto {service.port}.")

    def _restart_when_due(self, service: Service) -> None:
        now = time.monotonic()
        if service.restart_at == 0.0:
            self._plan_restart(service, now)
        if now >= service.restart_at:
            service.restart_at = 0.0
            self._spawn(service)

    def _plan_restart(self, service: Service, now: float) -> None:
        if service.process:
            kill_group(service.process.pid)
        while service.restarts and now - service.restarts[0] > RESTART_WINDOW_SECONDS:
            service.restarts.popleft()
        if len(service.restarts) == MAX_RESTARTS:
            raise UserError(f"{service.title} se cae una y otra vez:\n{service.last_words()}")
        service.restart_at = now + len(service.restarts)
        service.restarts.append(now)
        say(f"{service.title} se cayó; se inicia de nuevo (registro: {service.log}).")
