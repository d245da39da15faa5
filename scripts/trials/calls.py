"""Llamar por HTTP a lo que está en marcha: lo usan los ensayos, las pruebas y las medidas."""

import http.client
import select
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

TIMEOUT_SECONDS = 60.0
# Lo que se ve cuando el otro lado cerró una conexión que estaba quieta.
CLOSED_BY_PEER = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


@dataclass(frozen=True)
class Reply:
    """Una respuesta y lo que tardó.

    :param seconds: desde que se empezó a enviar hasta el último byte.
    """

    status: int
    headers: http.client.HTTPMessage
    content: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """El cuerpo."""
        return orjson.loads(self.content)

    @property
    def data(self) -> Any:
        """Los datos de una respuesta buena.

        :raises AssertionError: con la respuesta, si es un error.
        """
        assert self.status < 300, f"{self.status} {self.content[:600]!r}"
        return self.json["data"]


class Caller:
    """Quien llama: cada hilo conserva su conexión con cada dirección.

    :param token: con el que se presenta; sin él, nadie.
    :param trust: en quién se confía al llamar por TLS; sin él, se llama sin TLS.
    """

    def __init__(self, token: str | None = None, trust: ssl.SSLContext | None = None) -> None:
        self._token = token
        self._trust = trust
        self._of_thread = threading.local()

    def call(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Hace una petición; `body` que no sea de bytes va como JSON.

        :raises OSError: si nadie contesta o la conexión se corta.
        :raises http.client.HTTPException: si lo que contesta no es HTTP.
        """
        address, path, content, sent = self._request(url, body, headers)
        started = time.perf_counter()
        response, received = self._exchange(address, method, path, content, sent)
        return Reply(response.status, response.headers, received, time.perf_counter() - started)

    def abandon(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Hace una petición y cuelga sin esperar la respuesta.

        :raises OSError: si nadie contesta.
        """
        address, path, content, sent = self._request(url, body, headers)
        with closing(self._opened(address)) as connection:
            connection.request(method, path, content, sent)

    def _request(
        self, url: str, body: Any, headers: Mapping[str, str] | None
    ) -> tuple[str, str, bytes | None, dict[str, str]]:
        """A quién, qué, con qué cuerpo y con qué cabeceras."""
        address = urlsplit(url)
        path = f"{address.path}?{address.query}" if address.query else address.path
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        sent = {"Content-Type": "application/json"} if content is not None else {}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        return address.netloc, path, content, {**sent, **(headers or {})}

    def _exchange(
        self, netloc: str, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self._connection(netloc)
        was_open = connection.sock is not None
        try:
            return _exchange(connection, method, path, content, headers)
        except CLOSED_BY_PEER:
            connection.close()
            # Una escritura que pudo haber llegado no se repite a escondidas.
            if method != "GET" or not was_open:
                raise
            return _exchange(connection, method, path, content, headers)
        except BaseException:
            connection.close()
            raise

    def _connection(self, netloc: str) -> http.client.HTTPConnection:
        """La de este hilo con esa dirección; si está cerrada, se abre sola al pedir."""
        connection = self._connections.get(netloc)
        if connection is None:
            connection = self._connections[netloc] = self._opened(netloc)
        elif _was_closed(connection):
            connection.close()
        return connection

    def _opened(self, netloc: str) -> http.client.HTTPConnection:
        if self._trust:
            return http.client.HTTPSConnection(netloc, timeout=TIMEOUT_SECONDS, context=self._trust)
        return http.client.HTTPConnection(netloc, timeout=TIMEOUT_SECONDS)

    @property
    def _connections(self) -> dict[str, http.client.HTTPConnection]:
        return self._of_thread.__dict__

    def close(self) -> None:
        """Suelta las conexiones de este hilo."""
        for connection in self._connections.values():
            connection.close()


def call_once(
    method: str,
    url: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    token: str | None = None,
    trust: ssl.SSLContext | None = None,
) -> Reply:
    """Una petición por una conexión nueva; lo demás, como en `Caller`."""
    with closing(Caller(token, trust)) as caller:
        return caller.call(method, url, body, headers)


def _was_closed(connection: http.client.HTTPConnection) -> bool:
    """Si el otro lado cerró una conexión mientras estaba quieta: solo entonces hay algo que leer en ella."""
    return connection.sock is not None and bool(select.select([connection.sock], [], [], 0)[0])


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    content: bytes | None,
    headers: dict[str, str],
) -> tuple[http.client.HTTPResponse, bytes]:
    try:
        connection.request(method, path, content, headers)
    except (BrokenPipeError, ConnectionResetError):
        # Quien rechaza un cuerpo sin leerlo entero contesta y cuelga: la respuesta ya está aquí.
        if connection.sock is None:
            raise
    response = connection.getresponse()
    return response, response.read()
