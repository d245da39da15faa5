"""Una base que estorba justo donde hace falta: bloqueos de otra sesión y conexiones que se cortan."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from sqlalchemy import func, select, text

from common.database import fetch_value, reading


def plain(url: str) -> str:
    """La dirección como la entiende psycopg2."""
    return url.replace("+psycopg2", "")


def somebody_waits() -> bool:
    """Si alguien espera un bloqueo."""
    waiting = text("wait_event_type = 'Lock' AND datname = current_database()")
    with reading() as db:
        count = select(func.count()).select_from(text("pg_stat_activity")).where(waiting)
        return bool(fetch_value(db, count))


class Lock:
    """Otra sesión que retiene unas filas o una tabla desde `take` hasta `release`."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg2.connect(plain(url))
        # Dentro de una transacción, la lista de quién espera no cambia: la mira otra.
        self._observer = psycopg2.connect(plain(url))
        self._observer.autocommit = True
        self._pid = 0

    def take(self, statement: str) -> None:
        """Bloquea lo que diga la sentencia."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            # Lo dice la base: tras PgBouncer, el de la conexión es inventado.
            cursor.execute("SELECT pg_backend_pid()")
            (self._pid,) = cursor.fetchone()

    def release(self) -> None:
        """Lo suelta."""
        self._connection.rollback()

    def someone_waits(self) -> bool:
        """Si alguien espera por lo que esta sesión retiene."""
        with self._observer.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))",
                (self._pid,),
            )
            return bool(cursor.fetchone()[0])

    def close(self) -> None:
        """Termina la sesión."""
        self._observer.close()
        self._connection.close()


@contextmanager
def lock(url: str) -> Iterator[Lock]:
    """Una sesión con la que estorbar."""
    found = Lock(url)
    try:
        yield found
    finally:
        found.close()


def called(url: str, name: str) -> str:
    """La dirección de la base con la que sus sesiones llevan ese nombre."""
    return f"{url}{'&' if '?' in url else '?'}application_name={name}"


def patient(url: str) -> str:
    """La dirección de la base con la que se espera un minuto por lo que otro bloquea."""
    return f"{url}{'&' if '?' in url else '?'}options=-clock_timeout%3D60s"


def end_sessions(url: str, name: str) -> None:
    """Termina las sesiones con ese nombre, como hace un servidor que se reinicia."""
    connection = psycopg2.connect(plain(url))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = %s",
            (name,),
        )
    connection.close()


class Cable:
    """Un puerto que lleva a la base y que se puede cortar: para quien entra por aquí, está caída."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(plain(url))
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._port = 0

    def __enter__(self) -> Self:
        self.join()
        return self

    def __exit__(self, *_error: object) -> None:
        self.cut()

    @property
    def url(self) -> str:
        """La dirección de la base por este cable."""
        user = self._address.netloc.rpartition("@")[0]
        return urlunsplit(self._address._replace(netloc=f"{user}@127.0.0.1:{self._port}"))

    def join(self) -> None:
        """Lo une, siempre en el mismo puerto."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Lo corta: se caen las conexiones abiertas y no entra ninguna más."""
        assert self._listener is not None
        _close(self._listener)
        for one in self._open:
            _close(one)
        self._open.clear()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((self._address.hostname, self._address.port or 5432))
                self._open += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _close(source)
    _close(target)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
