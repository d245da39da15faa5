"""Réplicas de mentira para probar la puerta: anotan lo que reciben y contestan, callan o cortan."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Thread

from scripts.machine.ports import free_ports


@dataclass
class Seen:
    """Una petición, tal como llegó a la réplica."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Replica:
    """Una réplica.

    :param cuts: recibe cada petición entera y corta sin contestar.
    :param seconds: lo que tarda en contestar.
    """

    port: int
    cuts: bool = False
    seconds: float = 0.0
    seen: list[Seen] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Replica"]:
        """Atendiendo su puerto."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def replicas(count: int) -> list[Replica]:
    """Unas réplicas que todavía no atienden."""
    return [Replica(port) for port in islice(free_ports(), count)]


def _handler(replica: Replica) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            replica.seen.append(Seen(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            if replica.cuts:
                self.close_connection = True
                return
            time.sleep(replica.seconds)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("ETag", '"7"')
            self.send_header("Content-Length", "4096")
            self.end_headers()
            self.wfile.write(b" " * 4096)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - los nombres que busca http.server

        def log_message(self, format: str, *args: object) -> None:
            """Calla."""

    return Handler
