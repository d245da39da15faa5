"""Un cliente que no se rinde: repite la misma petición, con su misma clave, hasta saber qué pasó."""

import time
from collections.abc import Callable
from http.client import HTTPException

from drills.house import Broken
from scripts.trials.calls import Reply

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.02


def attempt(call: Callable[[], Reply]) -> Reply | None:
    """La respuesta, o nada si la conexión se cortó sin ella."""
    try:
        return call()
    except (OSError, HTTPException):
        return None


def says_what_happened(reply: Reply) -> bool:
    """Si no hay que repetir la petición; la de un muerto sigue en curso hasta que la base lo nota."""
    return reply.status != 503 and not (reply.status == 409 and reply.json["code"] == "peticion_en_curso")


def insist(call: Callable[[], Reply]) -> Reply:
    """La primera respuesta que dice qué pasó.

    :raises Broken: si no llega a tiempo.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        reply = attempt(call)
        if reply is not None and says_what_happened(reply):
            return reply
        time.sleep(PAUSE_SECONDS)
    raise Broken(f"no se supo qué pasó en {PATIENCE_SECONDS:.0f} s")
