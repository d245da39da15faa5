"""Llamar por HTTP: la conexión se conserva, y una que el otro lado cerró no se usa para escribir."""

import socket
import threading
from contextlib import closing, contextmanager

from scripts.trials.calls import Caller

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nsi"


def serve(listener, requests_per_connection):
    """Atiende conexiones, cada una con esas peticiones, y las cierra sin avisar."""
    for requests in requests_per_connection:
        connection, _ = listener.accept()
        with connection:
            for _ in range(requests):
                received = b""
                while b"\r\n\r\n" not in received:
                    received += connection.recv(65536)
                connection.sendall(ANSWER)


@contextmanager
def serving(*requests_per_connection):
    """Quien llama y la dirección de quien atiende así."""
    with socket.create_server(("127.0.0.1", 0)) as listener, closing(Caller()) as caller:
        server = threading.Thread(target=serve, args=(listener, requests_per_connection), daemon=True)
        server.start()
        yield caller, f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.join()


def call_twice(*requests_per_connection):
    """Dos escrituras seguidas a quien atiende así."""
    with serving(*requests_per_connection) as (caller, url):
        first = caller.call("POST", url)
        if requests_per_connection[0] == 1:
            wait_for_the_close(caller)
        second = caller.call("POST", url)
    return first.content, second.content


def wait_for_the_close(caller):
    """Espera a que el cierre llegue a este lado."""
    (connection,) = caller._connections.values()
    assert connection.sock.recv(1, socket.MSG_PEEK) == b""


def test_a_kept_connection_serves_again():
    assert call_twice(2) == (b"si", b"si")


def test_a_connection_closed_while_idle_is_replaced_before_writing():
    assert call_twice(1, 1) == (b"si", b"si")


def test_an_answer_that_did_not_wait_for_the_whole_body_is_read():
    with serving(1) as (caller, url):
        assert caller.call("POST", url, b" " * 20_000_000).content == b"si"
