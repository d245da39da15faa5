"""Los puertos que hacen falta: se comprueban todos a la vez, antes de iniciar nada."""

import errno
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from common.machine.ports import answers as answers
from common.machine.ports import holder, is_free
from scripts.machine.console import UserError, reason

HOST = "127.0.0.1"


class Wanted(NamedTuple):
    """Un puerto que hace falta: para quién es, la variable que lo fija y dónde se abre."""

    title: str
    variable: str
    host: str
    port: int


def free_ports() -> Iterator[int]:
    """Puertos libres, distintos en cada proceso que los pida.

    Por debajo de los que el sistema reparte, para que nadie los tome entre una parada y otro inicio.
    """
    return (port for port in range(10000 + os.getpid() * 14 % 10000, 32000) if is_free(HOST, port))


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
    owner = f": lo tiene {found}" if (found := holder(port)) else ""
    return f"el puerto {port} ya está ocupado{owner}; libérelo o ponga otro en {variable} (archivo .env)"


def _explain(error: OSError, want: Wanted) -> str:
    if error.errno == errno.EACCES:
        return f"no hay permiso para abrir el puerto {want.port}; ponga uno mayor que 1023 en {want.variable}"
    return f"no se puede escuchar en HOST={want.host} ({reason(error)}); corrija HOST en el archivo .env"
