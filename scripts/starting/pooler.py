"""El PgBouncer de `deploy/pgbouncer`, puesto en marcha en este equipo delante de la base que se le diga.

Es la configuración que se entrega, sin tocar más que dónde escucha, dónde está la base y quién entra.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scripts.machine.tasks import Announcement, Task

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "deploy" / "pgbouncer" / "pgbouncer.ini"
HOST = "127.0.0.1"
READY = "process up"
# La base de usar y tirar no pide ninguna, y PgBouncer sí.
ANY_PASSWORD = "de-paso"  # noqa: S105


@dataclass(frozen=True)
class Pooler:
    """PgBouncer, listo para iniciarse, y la dirección con que se entra por él."""

    task: Task
    url: str


def is_installed() -> bool:
    """Si este equipo tiene PgBouncer."""
    return shutil.which("pgbouncer") is not None


def pooler(place: Path, port: int, url: str) -> Pooler:
    """PgBouncer delante de esa base.

    :param place: carpeta en la que queda su configuración y lo que escribe.
    """
    base = urlsplit(url)
    who = f"{base.username}:{base.password or ANY_PASSWORD}"
    place.mkdir()
    users = place / "userlist.txt"
    users.write_text('"{}" "{}"\n'.format(*who.split(":")), encoding="utf-8")
    file = place / "pgbouncer.ini"
    settings = {
        "clinica": f"host={base.hostname} port={base.port} dbname={base.path[1:]}",
        "listen_addr": HOST,
        "listen_port": str(port),
        "auth_file": str(users),
    }
    file.write_text(_with(settings, SHIPPED.read_text(encoding="utf-8")), encoding="utf-8")
    # No quiere correr como root; lee su configuración antes de dejar de serlo.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    task = Task("PgBouncer", ["pgbouncer", *user, str(file)], place / "pgbouncer.log", Announcement(READY))
    return Pooler(task, f"postgresql://{who}@{HOST}:{port}/clinica")


def _with(settings: dict[str, str], text: str) -> str:
    for name, value in settings.items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    return text
