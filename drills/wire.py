"""Hablar con un servicio byte a byte: lo que ningún cliente correcto enviaría."""

import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from drills.house import House

TIMEOUT_SECONDS = 20.0
_HEADER = re.compile(rb"^([A-Za-z-]+): *(.*?)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Heard:
    """Todo lo que se oyó hasta que se cerró la conexión."""

    raw: bytes

    @property
    def status(self) -> int:
        """El estado de la primera respuesta; 0 si no hubo."""
        first = re.match(rb"HTTP/1\.[01] (\d{3})", self.raw)
        return int(first[1]) if first else 0

    @property
    def head(self) -> bytes:
        """Las cabeceras de la primera."""
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        """Lo que sigue a las cabeceras de la primera."""
        return self.raw.partition(b"\r\n\r\n")[2]

    def header(self, name: str) -> str | None:
        """Una cabecera de la primera."""
        found = {key.lower(): value for key, value in _HEADER.findall(self.head)}
        value = found.get(name.lower().encode())
        return None if value is None else value.decode("latin-1")

    @property
    def answers(self) -> int:
        """Cuántas respuestas hubo."""
        return len(re.findall(rb"HTTP/1\.[01] \d{3} ", self.raw))


def say(house: House, service: str, *pieces: bytes) -> Heard:
    """Envía unos bytes y escucha hasta que el servicio cierra."""
    place = urlsplit(house.clinic.address(service))
    heard = bytearray()
    with socket.create_connection((place.hostname or "", place.port or 0), TIMEOUT_SECONDS) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            # Sin más que decir: el servicio cierra en cuanto responde a todo lo que entendió.
            connection.shutdown(socket.SHUT_WR)
            while received := connection.recv(65536):
                heard += received
        except ConnectionError:
            # Cortar sin escuchar el resto es otra forma de negarse.
            pass
    return Heard(bytes(heard))


def ask(house: House, service: str, target: str, *headers: bytes, method: str = "GET") -> Heard:
    """Una petición sin cuerpo con esas cabeceras, tal cual se escriban."""
    path = urlsplit(house.clinic.address(service)).path + target
    lines = (f"{method} {path} HTTP/1.1".encode(), b"Host: clinica.test", b"Connection: close", *headers)
    return say(house, service, b"\r\n".join(lines) + b"\r\n\r\n")
