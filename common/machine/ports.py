"""Los puertos de un servicio: si están libres y quién los tiene.

Usa solo la biblioteca estándar, porque también se mira antes de instalar nada.
"""

import errno
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from common.services import SERVICES

# Para escuchar significan «todas las direcciones»; para conectarse hay que nombrar una.
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104
# Lo que los huérfanos de un maestro muerto tardan en darse cuenta y soltar el puerto.
ORPHAN_SECONDS = 5.0
_LISTENING = "0A"


class UnusablePort(Exception):
    """El puerto no se puede abrir; el texto dice por qué y, si lo tiene otro programa, cuál."""


def reachable_host(host: str) -> str:
    """La dirección a la que se conecta uno desde este equipo."""
    return WILDCARDS.get(host, host)


def bracketed(host: str) -> str:
    """El host como va en una URL: una dirección IPv6 lleva corchetes."""
    return f"[{host}]" if ":" in host else host


def is_free(host: str, port: int) -> bool:
    """Si nadie escucha en el puerto y se puede abrir.

    :raises OSError: el host no es de este equipo o el puerto pide privilegios.
    """
    # Conectarse también: en macOS se puede abrir un puerto que otro atiende en otra dirección.
    return _opens(host, port) and not answers(port, host)


def insist(look: Callable[[], bool], seconds: float = ORPHAN_SECONDS) -> bool:
    """Si llega a cumplirse en ese plazo."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def ensure_free(host: str, port: int) -> None:
    """Espera un momento a que el puerto quede libre.

    :raises UnusablePort: si sigue ocupado o no se puede abrir.
    """
    try:
        became_free = insist(lambda: is_free(host, port))
    except OSError as error:
        advice = "use una dirección de este equipo y un puerto mayor que 1023"
        where = f"{bracketed(host)}:{port}"
        raise UnusablePort(f"No se puede escuchar en {where}: {advice} ({error.strerror}).") from error
    if not became_free:
        owner = f"lo tiene {found}" if (found := holder(port)) else "lo tiene otro programa"
        raise UnusablePort(f"El puerto {port} ya está ocupado: {owner}. Deténgalo o use otro puerto.")


def holder(port: int) -> str | None:
    """Quién escucha en el puerto, en palabras; None donde el sistema no lo dice.

    De un programa ajeno solo se dice el nombre: en su orden puede haber una contraseña.
    """
    pid = _listener(port)
    if pid is None:
        return None
    titles = [info.title for info in SERVICES.values() if any(info.package in word for word in _command(pid))]
    return f"{titles[0] if titles else _name(pid)} (proceso {pid})"


def _listener(port: int) -> int | None:
    wanted = {f"socket:[{inode}]" for inode in _listening(port)}
    found = (int(link.parts[2]) for link in Path("/proc").glob("[0-9]*/fd/*") if _target(link) in wanted)
    pid = min(found, default=None)
    if pid is None:
        return None
    # Si escucha un trabajador de gunicorn, a quien hay que detener es a su maestro.
    parent = _parent(pid)
    return parent if _command(parent) == _command(pid) else pid


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                    yield words[9]


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "un programa"


def _parent(pid: int) -> int:
    try:
        # Tras el nombre, que va entre paréntesis y puede tener de todo.
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Si alguien atiende en el puerto."""
    try:
        socket.create_connection((reachable_host(host), port), timeout=1).close()
    except OSError:
        return False
    return True


def _opens(host: str, port: int) -> bool:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        if sys.platform != "win32":
            # Sin esto, las conexiones que se acaban de cerrar harían ver ocupado un puerto libre.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True
