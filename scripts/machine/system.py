"""Lo que cada sistema operativo hace a su manera: el cerrojo de un archivo y morir con el padre."""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.machine.console import UserError, reason

PR_SET_PDEATHSIG = 1


class FileLock:
    """Cerrojo que el sistema suelta solo cuando el proceso termina, también con kill -9."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Toma el cerrojo sin esperar; falso si lo tiene otro proceso."""
        try:
            self._path.parent.mkdir(exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise UserError(
                f"No se puede escribir en {self._path.parent} ({reason(error)}); "
                "compruebe de quién es la carpeta del proyecto."
            ) from error
        if not _lock(file):
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Suelta el cerrojo; el archivo se queda, porque borrarlo dejaría pasar a dos."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def die_with_parent(number: int) -> Callable[[], None] | None:
    """Para `preexec_fn`: en Linux el hijo recibe la señal `number` cuando muere quien lo lanzó.

    El núcleo mira el hilo que hizo el `fork`: hay que llamarlo desde el hilo principal.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def arm() -> None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return arm
