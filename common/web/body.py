"""Leer el cuerpo de una petición: entero, a tiempo, sin pasar del límite y como JSON exacto.

Los números con decimales llegan como `Decimal` con las cifras que escribió el cliente. Un cliente que
manda su cuerpo gota a gota no se queda con un hilo: al cumplirse el plazo se cierra su lado de lectura.
"""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from threading import Lock, Thread
from typing import Any

from flask import g, request

from common.errors import BadRequest, BodyTooLarge, SlowBody, UnsupportedMedia

try:
    # gunicorn avisa así de un cuerpo por trozos mal formado o cortado.
    from gunicorn.http.errors import ParseException as BrokenStream
except ImportError:
    # En Windows sirve waitress, que los arma antes de llegar aquí.
    BrokenStream = OSError

MAX_BYTES = 1024 * 1024
MAX_SECONDS = 10.0
CHUNK = 64 * 1024
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


class Watchdog:
    """Corta la lectura de los cuerpos que pasan del plazo; un solo hilo por proceso."""

    def __init__(self) -> None:
        self._reading: dict[int, tuple[float, socket.socket]] = {}
        self._lock = Lock()
        self._thread: Thread | None = None

    @contextmanager
    def watch(self, connection: socket.socket | None, deadline: float) -> Iterator[None]:
        """Vigila una conexión mientras se lee su cuerpo, para cortarla pasado ese instante."""
        if connection is None:
            yield
            return
        with self._lock:
            self._reading[id(connection)] = (deadline, connection)
            self._ensure_thread()
        try:
            yield
        finally:
            with self._lock:
                self._reading.pop(id(connection), None)

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._patrol, name="cuerpos", daemon=True)
            self._thread.start()

    def _patrol(self) -> None:
        while True:
            time.sleep(1)
            with self._lock:
                for deadline, connection in self._reading.values():
                    if time.monotonic() > deadline:
                        _stop_reading(connection)


def _stop_reading(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        # El cliente ya se había ido.
        return


_watchdog = Watchdog()


def body_bytes() -> bytes:
    """El cuerpo entero; se lee una vez por petición.

    :raises BodyTooLarge: si pasa de 1 MB, lo declare o no.
    :raises SlowBody: si tarda demasiado en llegar.
    :raises BadRequest: si se corta o está mal formado.
    """
    if "body" not in g:
        if (request.content_length or 0) > MAX_BYTES:
            raise BodyTooLarge()
        # El mismo para quien corta y quien lee: un corte nuestro nunca parece del cliente.
        deadline = time.monotonic() + MAX_SECONDS
        with _watchdog.watch(request.environ.get("gunicorn.socket"), deadline):
            g.body = _read_all(deadline)
    content: bytes = g.body
    return content


def _read_all(deadline: float) -> bytes:
    content, broken = bytearray(), None
    try:
        while piece := request.stream.read(CHUNK):
            content += piece
            if len(content) > MAX_BYTES:
                raise BodyTooLarge()
    except (OSError, BrokenStream) as error:
        broken = error
    if time.monotonic() > deadline:
        raise SlowBody() from broken
    if broken:
        raise BadRequest("El cuerpo llegó incompleto o mal formado.", code="cuerpo_incompleto") from broken
    return bytes(content)


def json_object() -> dict[str, Any]:
    """El cuerpo como objeto JSON.

    :raises UnsupportedMedia: si no se declaró application/json.
    :raises BadRequest: si no es JSON en UTF-8, repite una clave, o no es un objeto.
    """
    raw = body_bytes()
    if raw and request.mimetype != "application/json":
        raise UnsupportedMedia("El cuerpo debe enviarse con Content-Type: application/json.")
    try:
        value = _parsed(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequest("El cuerpo no es JSON válido.", code="json_invalido") from error
    if not isinstance(value, dict):
        raise BadRequest("El cuerpo debe ser un objeto JSON.", code="json_invalido")
    return value


def _parsed(raw: bytes) -> Any:
    value = json.loads(
        raw.decode("utf-8"),
        parse_float=_decimal,
        parse_constant=_no_constant,
        object_pairs_hook=_unique,
    )
    if _SURROGATE_ESCAPE.search(raw):
        # Medio par sustituto no es texto: no se puede guardar ni devolver.
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    return value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        # Ni el exponente cabe: para cualquier campo es un número fuera de su rango.
        return Decimal("Infinity")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} no es JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("una clave se repite")
    return found
