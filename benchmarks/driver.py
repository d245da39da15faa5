"""Hacer peticiones por HTTP al menor costo posible: quien mide y lo medido comparten los procesadores.

Conexiones que se conservan, bytes ya armados y solo lo justo de HTTP para saber dónde acaba una respuesta.
"""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

HOST = "127.0.0.1"
CONNECTIONS = 16
TIMEOUT_SECONDS = 30.0
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Source:
    """A quién se llama y con qué: cada petición toma los bytes que siguen, hasta que se acaban."""

    port: int
    requests: Iterator[bytes]


@dataclass
class Load:
    """Lo que pasó durante un tramo: lo que tardó cada petición que salió bien, y cuántas salieron mal."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    first_failure: str = ""


def prepared(method: str, path: str, *, token: str | None = None, body: Any = None, **headers: str) -> bytes:
    """Los bytes de una petición; `idempotency_key="…"` es la cabecera `Idempotency-Key`."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    content = b"" if body is None else orjson.dumps(body)
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class _Connection:
    """Una conexión con una petición en curso."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._sent_at = 0.0

    def send(self, request: bytes) -> None:
        """Envía una petición."""
        self._received = b""
        self._sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[float, bytes] | None:
        """Lo que tardó y lo que llegó, si ya llegó entero.

        :raises ConnectionError: si el otro lado cerró.
        """
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionError("el servicio cerró la conexión")
        self._received += chunk
        if not _is_complete(self._received):
            return None
        return time.perf_counter() - self._sent_at, self._received


def _is_complete(response: bytes) -> bool:
    end = response.find(b"\r\n\r\n")
    if end < 0:
        return False
    start = response.find(b"Content-Length: ", 0, end) + 16
    return len(response) >= end + 4 + int(response[start : response.find(b"\r", start)])


def drive(source: Source, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Llama sin pausa durante un tramo: cada conexión, en cuanto le contestan, pide lo siguiente."""
    load, poll = Load(), selectors.DefaultSelector()
    started = time.perf_counter()
    for _ in range(connections):
        connection = _Connection(source.port)
        poll.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(next(source.requests))
    busy, ends = connections, started + seconds
    while busy:
        events = poll.select(TIMEOUT_SECONDS)
        if not events:
            raise TimeoutError(f"nadie contesta en el puerto {source.port}")
        for key, _ in events:
            found = key.data.receive()
            if found is None:
                continue
            _count(load, *found)
            following = next(source.requests, None) if time.perf_counter() < ends else None
            if following is not None:
                key.data.send(following)
            else:
                busy -= 1
                poll.unregister(key.fileobj)
                key.data.socket.close()
    load.seconds = time.perf_counter() - started
    poll.close()
    return load


def _count(load: Load, seconds: float, response: bytes) -> None:
    if response[9:10] == b"2":
        load.latencies.append(seconds)
        return
    load.failures += 1
    load.first_failure = load.first_failure or response.decode("utf-8", "replace")


def answer(source: Source) -> Any:
    """El JSON con que se responde a una sola petición.

    :raises AssertionError: con la respuesta, si no es buena.
    """
    connection = _Connection(source.port)
    connection.send(next(source.requests))
    while (found := connection.receive()) is None:
        pass
    connection.socket.close()
    response = found[1]
    assert response[9:10] == b"2", response.decode("utf-8", "replace")
    return orjson.loads(response[response.find(b"\r\n\r\n") + 4 :])
