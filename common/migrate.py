"""Lleva la base al esquema vigente y siembra lo mínimo: `python -m common.migrate`."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from common.config import ConfigurationError, Settings, load_settings
from common.database import engine, transaction
from common.errors import AppError
from common.rules.figures import follow_zone
from common.upkeep.seeding import AdminAccount, ensure_admin, reset_admin, seed_roles
from common.utils import timezone_name
from common.watch.logs import logger

MIGRATIONS = Path(__file__).parent / "migrations"
# Un número cualquiera, siempre el mismo: quien lo tiene es el único que migra.
LOCK = 727_001
HEAD = "head"


def migrate(revision: str = HEAD) -> None:
    """Aplica las migraciones que falten hasta `revision`; varios procesos a la vez se esperan."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine().begin() as connection:
        # Antes que nada: quien espera su turno espera lo que tarde la migración de otro.
        connection.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"))
        # De transacción, no de sesión: detrás de PgBouncer una sesión no es de nadie.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if revision == HEAD:
            follow_zone(connection, timezone_name())
        before = _waits(connection)
        _limit_waits(connection)
        have_changed = _waits(connection) != before
    if have_changed:
        _end_idle_sessions()
    engine().dispose()


def _limit_waits(connection: Connection) -> None:
    """Fija en el usuario de la base cuánto se espera: así vale también detrás de PgBouncer."""
    settings = load_settings()
    limits = {
        "lock_timeout": settings.db_lock_timeout_seconds,
        "statement_timeout": settings.db_statement_timeout_seconds,
        "idle_in_transaction_session_timeout": settings.db_statement_timeout_seconds * 2,
    }
    database = connection.scalar(text("SELECT quote_ident(current_database())"))
    try:
        with connection.begin_nested():
            for name, seconds in limits.items():
                statement = f"ALTER ROLE CURRENT_USER IN DATABASE {database} SET {name} = '{seconds}s'"
                connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        logger.warning(
            "la base no deja fijar los tiempos de espera", extra={"fields": {"error": str(error.orig)}}
        )


def _waits(connection: Connection) -> Any:
    """Lo que el usuario tiene fijado en esta base."""
    return connection.scalar(
        text(
            "SELECT setconfig FROM pg_db_role_setting"
            " WHERE setrole = current_user::regrole"
            " AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )


def _end_idle_sessions() -> None:
    """Cierra las sesiones quietas: las que PgBouncer guarda se abrieron sin los límites y así seguirían.

    La propia va al final, y es la que se queja.
    """
    end = text(
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
        " WHERE usename = current_user AND datname = current_database()"
        " AND (state = 'idle' OR pid = pg_backend_pid()) ORDER BY pid = pg_backend_pid()) AS old"
    )
    with suppress(OperationalError), engine().begin() as connection:
        connection.execute(end)


def prepare_database(settings: Settings) -> AdminAccount | None:
    """Migra, siembra los roles y crea la primera cuenta si no hay usuarios.

    :returns: la cuenta, solo si se acaba de crear.
    """
    migrate()
    with transaction() as db:
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        seed_roles(db)
        return ensure_admin(db, settings)


def main(arguments: list[str]) -> int:
    """La orden `python -m common.migrate [--reset-admin]`; devuelve el estado de salida."""
    parser = argparse.ArgumentParser(prog="python -m common.migrate", description=__doc__)
    parser.add_argument(
        "--reset-admin", action="store_true", help="da una contraseña nueva a la primera cuenta"
    )
    options = parser.parse_args(arguments)
    try:
        account = prepare_database(load_settings())
        if options.reset_admin:
            with transaction() as db:
                account = reset_admin(db)
    except (ConfigurationError, AppError, DBAPIError) as error:
        print(f"No se pudo preparar la base de datos: {reason(error)}", file=sys.stderr)
        return 1
    print("La base de datos está al día.")
    if account is not None:
        print(f"Cuenta de administración: {account.email}\nContraseña: {account.password}")
        print("La contraseña se muestra solo esta vez.")
    return 0


def reason(error: Exception) -> str:
    """Lo que se cuenta de un error a quien dio la orden."""
    if isinstance(error, DBAPIError):
        return str(error.orig).strip().splitlines()[0]
    return error.message if isinstance(error, AppError) else str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
