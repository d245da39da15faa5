"""Un proceso que el arranque mantiene en marcha: cómo se inicia y cómo se sabe que ya trabaja."""

import http.client
import subprocess
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from common.machine.ports import reachable_host
from scripts.machine.console import tail

# La causa está en la traza de cada proceso de gunicorn, antes de la despedida de su maestro.
LAST_LINES = 120


class Sign(Protocol):
    """La señal de que un proceso ya trabaja."""

    @property
    def words(self) -> str:
        """Cómo se cuenta a una persona."""

    def is_seen(self, said: str) -> bool:
        """Si ya se ve; `said` es lo que el proceso escribió desde que se inició."""


@dataclass(frozen=True)
class HealthUrl:
    """La de un proceso con puerto: contesta 200 en una dirección."""

    host: str
    port: int
    path: str

    @property
    def words(self) -> str:
        """Cómo se cuenta a una persona."""
        return f"listo en el puerto {self.port}"

    def is_seen(self, said: str) -> bool:  # noqa: ARG002
        """Si contesta 200."""
        # Sin urllib: una variable http_proxy desviaría la pregunta.
        connection = http.client.HTTPConnection(reachable_host(self.host), self.port, timeout=5)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True)
class Announcement:
    """La de un proceso sin puerto: lo dice en su registro."""

    text: str

    @property
    def words(self) -> str:
        """Cómo se cuenta a una persona."""
        return "listo"

    def is_seen(self, said: str) -> bool:
        """Si ya lo dijo."""
        return self.text in said


@dataclass
class Task:
    """Lo que hay que mantener en marcha y el proceso que lo hace.

    :param is_essential: si sin él no se puede atender; de lo contrario, aunque no arranque, lo demás sigue.
    """

    title: str
    command: list[str]
    log: Path
    sign: Sign
    is_essential: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    log_start: int = 0
    restart_at: float = 0.0
    restarts: deque[float] = field(default_factory=deque)

    def is_working(self) -> bool:
        """Si se ve la señal de que ya trabaja."""
        return self.sign.is_seen(self.said())

    def died(self) -> bool:
        """Si su proceso terminó."""
        return self.process is None or self.process.poll() is not None

    def said(self) -> str:
        """Lo que escribió desde que se inició."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode("utf-8", "replace")

    def last_words(self) -> str:
        """El final de lo que escribió desde que se inició."""
        return f"{tail(self.log, LAST_LINES, self.log_start)}\n  (registro completo: {self.log})"
