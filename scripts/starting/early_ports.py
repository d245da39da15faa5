"""Comprobar los puertos antes de instalar nada: mejor saberlo ahora que tras unos minutos.

Usa solo la biblioteca estándar. Lo que no entienda se dice después, con toda la configuración a la vista.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from common.services import SERVICES
from scripts.machine.ports import Wanted, check_ports


def check_early(root: Path) -> None:
    """Comprueba los puertos de los cinco servicios.

    :raises UserError: una frase por cada puerto que no se puede usar.
    """
    check_ports(_wanted(_written(root / ".env") | dict(os.environ)))


def _wanted(variables: Mapping[str, str]) -> Iterator[Wanted]:
    host = variables.get("HOST") or "127.0.0.1"
    for info in SERVICES.values():
        with suppress(ValueError):
            port = int(variables.get(info.port_variable) or info.default_port)
            yield Wanted(info.title, info.port_variable, host, port)


def _written(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name.removeprefix("export ").strip(): _value(text) for name, _, text in pairs}


def _value(text: str) -> str:
    """Un valor sin su comentario ni sus comillas."""
    return re.split(r"\s#", text, maxsplit=1)[0].strip().strip("'\"")
