"""Los procesos que el arranque lanza: en su propio grupo, anotados, detenidos sin huérfanos."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from scripts.machine.system import die_with_parent

# Más de lo que gunicorn da a las peticiones en curso, y el trabajador a lo que hace el SRI.
GRACE_SECONDS = 40.0
MAX_LOG_BYTES = 10_000_000
# El sistema calcula la hora de inicio a partir del reloj, que se puede haber ajustado.
CLOCK_TOLERANCE_SECONDS = 2.0


def ready_log(log: Path) -> int:
    """Deja listo un registro, apartando el que creció demasiado; los bytes que ya tiene."""
    log.parent.mkdir(exist_ok=True)
    if not log.exists():
        return 0
    size = log.stat().st_size
    if size <= MAX_LOG_BYTES:
        return size
    log.replace(log.with_suffix(".log.1"))
    return 0


def spawn(
    command: list[str], root: Path, log: Path, env: Mapping[str, str], **options: Any
) -> "subprocess.Popen[bytes]":
    """Lanza una orden con su salida al final de `log`, fuera del alcance del Ctrl-C de la terminal."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stderr=output,
            **{"stdout": output, **options, **_own_group()},
        )


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True, "preexec_fn": die_with_parent(signal.SIGTERM)}


def stop_all(processes: list["subprocess.Popen[bytes]"]) -> None:
    """Pide a todos que terminen, espera un plazo común y corta a los que queden."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
        kill_group(process.pid)
        process.wait()


def kill_group(pid: int) -> None:
    """Corta lo que quede del grupo que encabezaba un proceso ya terminado."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


class Ledger:
    """Anota en un archivo los procesos en marcha, para reconocerlos tras un corte brusco."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def write(self, pids: list[int]) -> None:
        """Anota los procesos con su hora de inicio: un número solo se reutiliza."""
        entries = [[p.pid, p.create_time()] for p in map(_find, pids) if p]
        partial = self._file.with_suffix(".nuevo")
        partial.write_text(json.dumps(entries), encoding="utf-8")
        partial.replace(self._file)

    def stop_leftovers(self) -> bool:
        """Detiene lo que quedó de un arranque anterior; dice si aquel se cortó bruscamente."""
        entries = self._read()
        left = [process for process in map(_same, entries) if process]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        for process in _still_alive(left):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for process in left:
            kill_group(process.pid)
        self._file.unlink(missing_ok=True)
        return bool(entries)

    def _read(self) -> list[tuple[int, float]]:
        try:
            entries = json.loads(self._file.read_text(encoding="utf-8"))
            return [(int(pid), float(started)) for pid, started in entries]
        except (OSError, ValueError, TypeError):
            return []


def _still_alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Los que siguen tras el plazo; un zombi que nadie recoge ya terminó."""
    deadline = time.monotonic() + GRACE_SECONDS
    alive = processes
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = [process for process in alive if _find(process.pid)]
    return alive


def _find(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.Error:
        return None


def _same(entry: tuple[int, float]) -> psutil.Process | None:
    pid, started = entry
    process = _find(pid)
    if process and abs(process.create_time() - started) < CLOCK_TOLERANCE_SECONDS:
        return process
    return None
