"""La puerta de `deploy/nginx`, puesta en marcha en este equipo con los puertos que se le digan.

Es la configuración que se entrega, sin tocar más que dónde escucha, dónde están las réplicas y dónde escribe.
"""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from scripts.machine.tasks import HealthUrl, Task

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "deploy" / "nginx"
HOST = "127.0.0.1"
# Lo que en un servidor ya trae nginx.conf; todo queda en la carpeta que se le da.
MAIN = """\
{user}daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 2048; }}
http {{
    {temporary}
    access_log off;
    include conf.d/*.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class FrontDoor:
    """La puerta, lista para iniciarse, y lo que anota de cada petición."""

    port: int
    task: Task
    log: Path

    def entries(self) -> list[dict[str, Any]]:
        """Las peticiones que pasaron, con la réplica que atendió cada una."""
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]


def is_installed() -> bool:
    """Si este equipo tiene nginx."""
    return shutil.which("nginx") is not None


def front_door(place: Path, port: int, replicas: Mapping[str, Sequence[int]]) -> FrontDoor:
    """La puerta a esas réplicas.

    :param place: carpeta vacía en la que queda su configuración y lo que escribe.
    :param replicas: los puertos de cada servicio.
    """
    shutil.copytree(SHIPPED, place)
    main = place / "nginx.conf"
    main.write_text(_main(), encoding="utf-8")
    _rewrite(place / "conf.d" / "clinica.conf", r"listen 80 default_server;", f"listen {HOST}:{port};")
    _rewrite(place / "clinica" / "log.conf", r"/var/log/nginx/", f"{place}/")
    for name, ports in replicas.items():
        _place_replicas(place / "clinica" / "replicas.conf", name, ports)
    command = ["nginx", "-p", str(place), "-c", str(main), "-e", str(place / "error.log")]
    task = Task("nginx", command, place / "nginx.log", HealthUrl(HOST, port, "/up"))
    return FrontDoor(port, task, place / "clinica.log")


def _main() -> str:
    # Los procesos de nginx que inicia root no podrían escribir en una carpeta suya.
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = " ".join(f"{kind}_temp_path {kind};" for kind in TEMPORARY)
    return MAIN.format(user=user, temporary=temporary)


def _place_replicas(file: Path, name: str, ports: Sequence[int]) -> None:
    """Repite la línea `server` del servicio, una por puerto."""
    text = file.read_text(encoding="utf-8")
    found = re.search(rf"upstream {name} {{.*?^( +server )\S+?( .*?\n)", text, re.DOTALL | re.MULTILINE)
    assert found, name
    lines = "".join(f"{found[1]}{HOST}:{port}{found[2]}" for port in ports)
    file.write_text(text[: found.start(1)] + lines + text[found.end(2) :], encoding="utf-8")


def _rewrite(file: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"))
    assert count, f"{file.name}: {pattern}"
    file.write_text(text, encoding="utf-8")
