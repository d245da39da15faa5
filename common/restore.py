"""Restaura un respaldo en una base vacía: `python -m common.restore archivo`."""

import argparse
import sys
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from common.config import ConfigurationError
from common.database import engine
from common.machine.embedded import database_url
from common.migrate import migrate, reason
from common.upkeep.pg_tools import ToolError, run, server_version

# Lo que una extensión trae consigo no cuenta: con ellas instaladas la base sigue vacía.
TABLES = """
SELECT count(*) FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace NOT IN (
  SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')
"""


class NotEmpty(Exception):
    """La base ya tiene tablas: restaurar encima mezclaría dos clínicas."""


def restore(source: Path) -> None:
    """Restaura todo o nada, y lleva el esquema al de este programa.

    :raises NotEmpty: si la base de DATABASE_URL ya tiene tablas; no se ha tocado.
    :raises ToolError: si el archivo no sirve o `pg_restore` no pudo; la base sigue vacía.
    """
    with engine().connect() as connection:
        if connection.scalar(text(TABLES)):
            raise NotEmpty("la base de DATABASE_URL no está vacía; cree una nueva para restaurar en ella")
    url = database_url()
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    # Sin --dbname, pg_restore solo escribiría el guion.
    run("pg_restore", *options, "--dbname=", str(source), server=server_version(), url=url)
    # Un respaldo de antes pasa por las migraciones que le falten; y los tiempos de espera no van en él.
    migrate()


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida."""
    parser = argparse.ArgumentParser(prog="python -m common.restore", description=__doc__)
    parser.add_argument("file", type=Path, help="el archivo de python -m common.backup")
    options = parser.parse_args(arguments)
    try:
        restore(options.file)
    except (ConfigurationError, NotEmpty, ToolError, DBAPIError) as error:
        print(f"No se pudo restaurar: {reason(error)}", file=sys.stderr)
        return 1
    print("Restaurado. Ponga en .env la SRI_CERTIFICATE_KEY de entonces, o vuelva a subir la firma.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
