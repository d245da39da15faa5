"""El PostgreSQL incluido que `run_all` tiene en marcha en esta carpeta: quien no recibe otra base usa esa.

`run_all` anota dónde están sus datos; en qué puerto atiende y si vive se mira cada vez en lo de PostgreSQL.
"""

import os
import socket
from pathlib import Path

from common.config import PROJECT_ROOT, ConfigurationError, load_settings

HOST, SUPERUSER, DATABASE = "127.0.0.1", "postgres", "clinica"
MISSING = """\
DATABASE_URL: falta la dirección de la base de datos PostgreSQL (postgresql://usuario:clave@host:5432/base).
Sin ella se usa la base incluida, pero run_all no la tiene en marcha en esta carpeta."""
_NOTE = Path(".run", "base.txt")


def remember(root: Path, data_dir: Path) -> None:
    """Anota dónde están los datos de la base que `run_all` inició."""
    (root / _NOTE).write_text(f"{data_dir}\n", encoding="utf-8")


def database_url() -> str:
    """La dirección de la base: la de DATABASE_URL o, sin ella, la de la incluida que esté en marcha.

    :raises ConfigurationError: si no hay ninguna de las dos.
    """
    if found := load_settings().database_url or running_url(PROJECT_ROOT):
        return found
    raise ConfigurationError(MISSING)


def running_url(root: Path) -> str | None:
    """La dirección de la base incluida, si está en marcha."""
    try:
        data_dir = Path((root / _NOTE).read_text(encoding="utf-8").strip())
        noted = (data_dir / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        pid, port = int(noted[0]), int(noted[3])
    except (OSError, ValueError, IndexError):
        return None
    if not (_is_of(pid, data_dir) and _answers(port)):
        return None
    return f"postgresql+psycopg2://{SUPERUSER}@{HOST}:{port}/{DATABASE}"


def _is_of(pid: int, data_dir: Path) -> bool:
    """Si el proceso trabaja en esa carpeta; donde el sistema no lo dice, se cree lo anotado."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == data_dir.resolve()
    except FileNotFoundError:
        return not Path("/proc/self/cwd").exists()
    except OSError:
        return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
