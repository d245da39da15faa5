"""Clientes que no siguen HTTP, contra un gunicorn de verdad: nunca un 500 ni un hilo cautivo."""

import socket
import sys
from collections.abc import Iterator

import pytest

from scripts.machine.ports import HOST
from scripts.trials.calls import call_once
from tests.served import served

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="allí no hay gunicorn")
CHUNKED = (
    b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(scope="module")
def port(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """El puerto de un servicio de autenticación servido por gunicorn."""
    folder = tmp_path_factory.mktemp("hostiles")
    with served("auth", folder, WEB_THREADS="4", WEB_WORKERS="1") as service:
        yield service.port


def status_of(port: int, *pieces: bytes) -> int:
    """El estado con que se responde a unos bytes."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return int(connection.recv(64).split()[1])


def test_a_broken_chunk_is_400(port):
    assert status_of(port, CHUNKED, b"ZZ\r\n") == 400


def test_a_body_in_chunks_has_the_same_limit(port):
    assert status_of(port, CHUNKED, *[b"10000\r\n" + b" " * 65536 + b"\r\n"] * 17) == 413


def test_a_declared_body_over_the_limit_is_refused_unread(port):
    head = CHUNKED.replace(b"Transfer-Encoding: chunked", b"Content-Length: 20000000")
    assert status_of(port, head) == 413


@pytest.mark.parametrize(
    ("size", "connection"), [(60_000, "keep-alive"), (70_000, "close"), (2_000_000, "close")]
)
def test_a_refusal_that_cuts_the_connection_says_so(port, size, connection):
    refused = call_once("PUT", f"http://{HOST}:{port}/api/auth/me/password", b" " * size)
    assert (refused.status, refused.headers["Connection"]) == (401, connection)


def test_a_body_that_never_arrives_lets_go_of_its_thread(port):
    whole = CHUNKED.replace(b"Transfer-Encoding: chunked", b"Content-Length: 100")
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    for connection, start in zip(slow, [whole + b"{", CHUNKED + b"64\r\n{"] * 2, strict=True):
        connection.sendall(start)
    assert [int(connection.recv(64).split()[1]) for connection in slow] == [408] * 4
    assert status_of(port, b"GET /api/auth/live HTTP/1.1\r\nHost: x\r\n\r\n") == 200
    for connection in slow:
        connection.close()
