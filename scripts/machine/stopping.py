"""La petición de parar: las señales solo la anotan y el arranque la atiende entre paso y paso.

Así ninguna señal, ni la segunda ni la décima, corta por la mitad un inicio o una parada.
"""

import signal
import time
from types import FrameType

STEP_SECONDS = 0.1
# Las que no existen en un sistema se omiten.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Stopped(Exception):
    """Alguien pidió parar."""


class StopSignal:
    """Recuerda si se pidió parar."""

    def __init__(self) -> None:
        self.requested = False

    def install(self) -> None:
        """Atiende las señales de parada; con `nohup`, cerrar la terminal se sigue ignorando."""
        for name in NAMES:
            number = getattr(signal, name, None)
            if number is None:
                continue
            if name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True

    def check(self) -> None:
        """:raises Stopped: si ya se pidió parar."""
        if self.requested:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Espera, atenta a la petición.

        :raises Stopped: si se pide parar mientras tanto.
        """
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, STEP_SECONDS))
            self.check()
