"""El SRI simulado en un puerto: `FakeSri` lo enciende en un hilo, y se le pueden pedir fallos."""

import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from common.config import SRI_PATH
from common.utils import now
from scripts.fake_sri.failures import Failure
from scripts.fake_sri.office import Office, Rules
from scripts.fake_sri.registry import Received, Registry
from scripts.fake_sri.replies import Reply
from scripts.fake_sri.service import AUTHORIZATION, RECEPTION, Hook, Service

HOST = "127.0.0.1"
BIGGEST_REQUEST = 2 * 1024 * 1024  # bytes


class _Handler(BaseHTTPRequestHandler):
    """Lee una petición y entrega su respuesta, bien o mal según diga."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "SRI-Simulado"
    sys_version = ""
    server: "_Server"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        origin = f"http://{self.headers.get('Host', HOST)}"
        self._deliver(
            self.server.service.get(address.path, address.query, self.headers.get("Accept", ""), origin)
        )

    def do_POST(self) -> None:
        words = self.headers.get("Content-Length", "")
        if not (words.isascii() and words.isdigit() and int(words) <= BIGGEST_REQUEST):
            self.close_connection = True
            self._deliver(Reply(b"", 413))
            return
        body = self.rfile.read(int(words))
        self._deliver(self.server.service.post(urlsplit(self.path).path, body))

    def _deliver(self, reply: Reply) -> None:
        self.server.closing.wait(reply.delay)
        if self.server.closing.is_set() or reply.cut_at == -1:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("X-SRI-Simulado", "1")
        self.end_headers()
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        if reply.cut_at is not None:
            self.close_connection = True
        body = reply.body[: reply.cut_at]
        size = 1 if reply.pace else max(len(body), 1)
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            if reply.pace and self.server.closing.wait(reply.pace):
                self.close_connection = True
                return

    def log_message(self, *_: Any) -> None:
        """No escribe: lo que importa lo cuentan los contadores."""


class _Server(ThreadingMixIn, TCPServer):
    """Un hilo por conexión; al cerrarse, corta también las que siguen abiertas."""

    daemon_threads = True
    # Para volver al mismo puerto tras una caída; en Windows significa compartirlo con cualquiera.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 64

    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Que el cliente se vaya a media respuesta es justo lo que se ensaya.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Deja de escuchar y corta lo que estaba a medias."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            _cut(connection)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # ya estaba cerrada


class FakeSri:
    """Un SRI simulado en este equipo, encendido mientras dura el bloque `with`.

    :param port: 0 elige uno libre; después, siempre el mismo.
    :param state: el archivo donde recuerda; sin él, solo la memoria.
    :param clock: la hora que cree que es.
    :param wsdl: carpeta de los WSDL oficiales, para publicarlos.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        rules: Rules | None = None,
        state: Path | None = None,
        clock: Callable[[], datetime] = now,
        wsdl: Path | None = None,
    ) -> None:
        self._registry = Registry(state)
        self.office = Office(self._registry, rules or Rules(), clock)
        self.service = Service(self.office, wsdl)
        self._port = port
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        try:
            self.up()
        except OSError:
            self._registry.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        self._registry.close()

    def up(self) -> None:
        """Escucha; si ya lo hacía, nada cambia."""
        if self._server is None:
            self._server = _Server(self._port, self.service)
            self._port = self._server.server_address[1]
            # El intervalo es lo que tarda en notar que se le pide parar.
            threading.Thread(target=partial(self._server.serve_forever, 0.01), daemon=True).start()

    def down(self) -> None:
        """Deja de escuchar: quien llame encontrará la conexión rechazada. Recuerda lo recibido."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Caído mientras dura el bloque; al salir vuelve al mismo puerto."""
        self.down()
        try:
            yield
        finally:
            self.up()

    @property
    def origin(self) -> str:
        """http://127.0.0.1:puerto."""
        return f"http://{HOST}:{self._port}"

    @property
    def url(self) -> str:
        """La base de los servicios: lo que va en SRI_URL_PRUEBAS."""
        return self.origin + SRI_PATH

    @property
    def documents(self) -> dict[str, Received]:
        """Los comprobantes recibidos, por su clave."""
        return self._registry.all()

    @property
    def receptions(self) -> Counter[str]:
        """Cuántas veces llegó cada clave a la recepción."""
        return self.service.receptions

    @property
    def authorizations(self) -> Counter[str]:
        """Cuántas veces se preguntó por cada clave."""
        return self.service.authorizations

    def on_reception(self, failure: Failure, *, times: int | None = 1, access_key: str | None = None) -> None:
        """Pide un fallo en las próximas recepciones; `times=None`, hasta `behave()`."""
        self.service.plan(RECEPTION, failure, access_key, times)

    def on_authorization(
        self, failure: Failure, *, times: int | None = 1, access_key: str | None = None
    ) -> None:
        """Pide un fallo en las próximas preguntas; `times=None`, hasta `behave()`."""
        self.service.plan(AUTHORIZATION, failure, access_key, times)

    def behave(self) -> None:
        """Olvida los fallos pedidos."""
        self.service.behave()

    def when_storing(self, *, before: Hook | None = None, after: Hook | None = None) -> None:
        """Funciones que reciben la clave dentro de la petición, antes o después de quedar recibida."""
        self.service.before_store = before
        self.service.after_store = after
