"""Lo que los guiones dicen a la persona: avances y, por la salida de errores, motivos de parada."""

import errno
import io
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

REASONS = {
    errno.EACCES: "permiso denegado",
    errno.EPERM: "permiso denegado",
    errno.ENOSPC: "no queda espacio en el disco",
    errno.EROFS: "el disco es de solo lectura",
    errno.EADDRINUSE: "ya está en uso",
    errno.EADDRNOTAVAIL: "esa dirección no es de este equipo",
    socket.EAI_NONAME: "no se encuentra ese nombre",
}


# Cada cuánto se cuenta por dónde va algo largo a quien no mira una terminal.
SELDOM_SECONDS = 10.0


class UserError(Exception):
    """Una situación que se explica con una frase: el programa la dice y termina, sin traza."""


def prepare_output() -> None:
    """Salida línea a línea, y sin fallar en una consola que no tiene tildes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="replace")


def reason(error: OSError) -> str:
    """El motivo de un fallo del sistema, en español si es de los que se esperan."""
    return REASONS.get(error.errno or 0) or error.strerror or str(error)


def explain(error: OSError) -> str:
    """Un fallo del sistema de archivos en una frase."""
    return f"No se puede usar {error.filename or 'un archivo'}: {reason(error)}."


def say(text: str = "") -> None:
    """Escribe una línea de avance."""
    _write(sys.stdout, text + "\n")


def keep_quiet(_text: str) -> None:
    """No dice nada, donde quien mira espera otra cosa."""


def complain(text: str) -> None:
    """Escribe el motivo por el que no se puede seguir."""
    _write(sys.stderr, text + "\n")


def progress(text: str) -> None:
    """Reescribe la línea actual; si la salida no es una terminal, calla."""
    if sys.stdout.isatty():
        _write(sys.stdout, "\r\x1b[K" + text)


@contextmanager
def telling(step: Callable[[], str]) -> Iterator[None]:
    """Mientras dura algo largo, cuenta por dónde va y hace cuánto empezó.

    En una terminal, cada segundo sobre la misma línea; si no, una línea de vez en cuando.
    """
    started, done = time.monotonic(), threading.Event()
    write, every = (progress, 1.0) if sys.stdout.isatty() else (say, SELDOM_SECONDS)

    def tell() -> None:
        while not done.wait(every):
            write(f"  {step()} ({time.monotonic() - started:.0f} s)")

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        progress("")


def tail(file: Path, lines: int = 12, start: int = 0) -> str:
    """Las últimas líneas de un registro, sangradas; `start` salta lo que ya estaba escrito."""
    if not file.exists():
        return "  (sin registro)"
    text = file.read_bytes()[start:].decode("utf-8", "replace")
    return indent(text, lines)


def indent(text: str, lines: int = 12) -> str:
    """Las últimas líneas de un texto, sangradas."""
    shown = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join("  " + line for line in shown) or "  (sin registro)"


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        # Terminal cerrada o tubería rota: ya nadie lee, pero hay que poder detenerlo todo en orden.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
