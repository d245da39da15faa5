"""HTTP con un plazo total: ni un servidor que gotea un byte por segundo pasa de él.

Los tiempos de `requests` son de cada lectura; aquí cada operación del socket espera a lo más lo que queda del
plazo del intercambio en curso.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_expires: ContextVar[float] = ContextVar("sri_deadline")


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """El plazo, en segundos, de todo lo que este hilo intercambie dentro del bloque."""
    token = _expires.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _expires.reset(token)


def _remaining() -> float:
    left = _expires.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError("se agotó el plazo del intercambio")
    return left


class Outgoing(BytesIO):
    """Un cuerpo que sabe si alguien empezó a llevárselo; si no, es seguro que nada de él salió."""

    taken = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Entrega bytes para enviarlos, y lo recuerda."""
        self.taken = True
        return super().read(size)


class _TimedReader(RawIOBase):
    """Las lecturas de un socket, cada una con lo que queda del plazo."""

    def __init__(self, sock: Any, raw: Any) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(_remaining())
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = BufferedReader(_TimedReader(sock, self.fp.detach()))


class _Timed:
    """Lo que una conexión cambia, sea HTTP o HTTPS."""

    response_class: Any = _TimedResponse
    sock: Any

    def send(self, data: Any) -> None:
        """Envía con lo que queda del plazo; también lo comprueba recién conectada."""
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        self.sock.settimeout(_remaining())
        super().send(data)  # type: ignore[misc]


class _TimedHTTPConnection(_Timed, HTTPConnection):
    pass


class _TimedHTTPSConnection(_Timed, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TimedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPSConnection


class _TimedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def new_session() -> requests.Session:
    """Una sesión que solo habla con quien se le dice: sin proxies del entorno, sin .netrc y sin galletas."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _TimedAdapter(max_retries=0))
    return session
