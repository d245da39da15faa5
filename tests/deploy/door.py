"""La puerta de `deploy/nginx` en marcha, y cómo se llama a ella."""

import re
import socket
import ssl
from pathlib import Path

from scripts.machine.ports import HOST
from scripts.trials.calls import Reply, call_once


class Door:
    """La puerta en marcha."""

    def __init__(self, place: Path, port: int) -> None:
        self.place = place
        self.port = port

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Una petición por una conexión nueva; las cabeceras, con `_` en lugar de `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return call_once(method, f"http://{HOST}:{self.port}{path}", body, named)

    def send_safely(self, port: int, certificate: Path, path: str) -> Reply:
        """Un GET por TLS, a un servidor que demuestre ser el del certificado."""
        trust = ssl.create_default_context(cafile=str(certificate))
        return call_once("GET", f"https://{HOST}:{port}{path}", trust=trust)

    def raw(self, *pieces: bytes) -> bytes:
        """Lo que contesta a unos bytes, hasta que cierra."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            for piece in pieces:
                connection.sendall(piece)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def house_error(answer: Reply, status: int, code: str) -> None:
    """Comprueba que es un error con la forma de los de los servicios."""
    assert answer.status == status
    assert answer.headers.get_content_type() == "application/json"
    found = answer.json
    assert found.keys() == {"success", "message", "code", "errors", "request_id"}
    assert (found["success"], found["code"], found["errors"]) == (False, code, [])
    assert found["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def change(place: Path, old: str, new: str, file: str = "site.conf") -> None:
    """Cambia un ajuste de la copia."""
    _rewrite(place / "clinica" / file, old, new)


def with_tls(place: Path, port: int, folder: Path) -> None:
    """Pone los bloques que el archivo trae comentados en lugar del que no tiene TLS."""
    file = place / "conf.d" / "clinica.conf"
    before, _, rest = file.read_text().partition("server {\n")
    variant = re.sub("^# ", "", rest[rest.index("# server {") :], flags=re.MULTILINE)
    file.write_text(before + variant)
    _rewrite(file, "listen 443", f"listen 127.0.0.1:{port}")
    _rewrite(file, "clinica/tls/", f"{folder}/")


def _rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
