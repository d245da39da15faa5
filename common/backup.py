"""Respalda la base en un archivo: `python -m common.backup [archivo]`.

Se puede correr con el sistema en marcha: el respaldo es la base en un solo instante.
"""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from common.config import PROJECT_ROOT, ConfigurationError
from common.machine.embedded import database_url
from common.migrate import reason
from common.upkeep.pg_tools import ToolError, private_file, run, server_version
from common.utils import clinic_time, now

FOLDER = PROJECT_ROOT / "respaldos"


def backup(target: Path) -> None:
    """Escribe el respaldo entero, o no deja nada.

    :raises FileExistsError: si el archivo ya existe.
    :raises ToolError: si `pg_dump` no pudo, o si lo que escribió no se puede leer.
    """
    # Antes de crear nada: sin base, no queda ni la carpeta.
    server = server_version()
    if target.parent == FOLDER:
        FOLDER.mkdir(mode=0o700, exist_ok=True)
    private_file(target)
    partial = target.with_name(f"{target.name}.parcial")
    try:
        private_file(partial)
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--file={partial}")
        run("pg_dump", *options, server=server, url=database_url())
        run("pg_restore", "--list", str(partial), server=server)
        partial.replace(target)
    except BaseException:
        target.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
        _remove_if_empty(FOLDER)
        raise


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _default_target() -> Path:
    return FOLDER / f"clinica-{clinic_time(now()):%Y%m%d-%H%M%S}.dump"


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida."""
    parser = argparse.ArgumentParser(prog="python -m common.backup", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="dónde; si no, en la carpeta respaldos")
    options = parser.parse_args(arguments)
    target: Path = options.file or _default_target()
    try:
        backup(target)
    except (ConfigurationError, ToolError, OSError, DBAPIError) as error:
        print(f"No se pudo respaldar: {reason(error)}", file=sys.stderr)
        return 1
    print(f"Respaldo escrito en {target} ({target.stat().st_size:,} bytes).".replace(",", "."))
    print("No incluye el archivo .env: guarde aparte, y no junto a él, SRI_CERTIFICATE_KEY y JWT_SECRET_KEY.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
