"""Qué puertos están libres y en cuáles atiende alguien; se mira antes de iniciar nada.

Con `reuse_port`, gunicorn arrancaría en silencio sobre un puerto ajeno y los dos se repartirían
las visitas.
"""

import errno
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scripts.machine.console import UserError, reason

HOST = "127.0.0.1"
# Para escuchar significan «todas las direcciones»; para conectarse hay que nombrar una.
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


class Wanted(NamedTuple):
    """Un puerto que hace falta: para quién es, la variable que lo fija y dónde se abre."""

    title: str
    variable: str
    host: str
    port: int


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


def free_ports() -> Iterator[int]:
    """Puertos libres, distintos en cada proceso que los pida.

    Por debajo de los que el sistema reparte, para que nadie los tome entre una parada y otro inicio.
    """
    return (port for port in range(10000 + os.getpid() * 14 % 10000, 32000) if is_free(HOST, port))


def answers(port: int, host: str = HOST) -> bool:
    """Si alguien atiende en el puerto."""
    try:
        socket.create_connection((reachable_host(host), port), timeout=1).close()
    except OSError:
        return False
    return True


def check_ports(wanted: Iterable[Wanted]) -> None:
    """Comprueba juntos todos los puertos.

    :raises UserError: una frase por cada puerto que no se puede usar.
    """
    problems: list[str] = []
    owners: dict[int, str] = {}
    for want in wanted:
        problem = _problem(want, owners.setdefault(want.port, want.variable))
        if problem:
            problems.append(f"{want.title}: {problem}.")
    if problems:
        raise UserError("\n".join(problems))


def _problem(want: Wanted, owner: str) -> str | None:
    _, variable, host, port = want
    if owner != variable:
        return f"{variable} y {owner} piden el mismo puerto {port}; ponga otro en el archivo .env"
    try:
        free = is_free(host, port)
    except OSError as error:
        return _explain(error, want)
    if free:
        return None
    return f"el puerto {port} ya está ocupado; libérelo o ponga otro en {variable} (archivo .env)"


def _explain(error: OSError, want: Wanted) -> str:
    if error.errno == errno.EACCES:
        return f"no hay permiso para abrir el puerto {want.port}; ponga uno mayor que 1023 en {want.variable}"
    return f"no se puede escuchar en HOST={want.host} ({reason(error)}); corrija HOST en el archivo .env"


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
