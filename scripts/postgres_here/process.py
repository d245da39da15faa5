"""Reconocer el proceso de PostgreSQL de una carpeta: `pg_ctl status` miente tras un kill -9."""

from pathlib import Path

import psutil
import psycopg2
import psycopg2.extensions

from common.machine.embedded import HOST, SUPERUSER


def connect(port: int, database: str = "postgres") -> psycopg2.extensions.connection:
    """Conexión de administración al servidor incluido."""
    return psycopg2.connect(
        host=HOST,
        port=port,
        user=SUPERUSER,
        dbname=database,
        connect_timeout=5,
        # Un PGSSLMODE de quien lo ejecuta no vale para un servidor sin TLS.
        sslmode="disable",
    )


def running_port(data_dir: Path) -> int | None:
    """El puerto que anotó el proceso principal, si sigue vivo y es de esta carpeta."""
    file = data_dir / "postmaster.pid"
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    if not psutil.pid_exists(pid):
        return None
    if _is_postmaster(pid, data_dir):
        return port
    # Otro programa heredó ese número (un contenedor reiniciado) y PostgreSQL lo creería suyo.
    file.unlink(missing_ok=True)
    return None


def _is_postmaster(pid: int, data_dir: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return "postgres" in process.name() and Path(process.cwd()) == data_dir.resolve()
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def serves(port: int, data_dir: Path) -> bool:
    """Si lo que atiende en el puerto es el servidor de esta carpeta, y no otro."""
    try:
        session = connect(port)
    except psycopg2.OperationalError:
        return False
    try:
        with session.cursor() as cursor:
            cursor.execute("show data_directory")
            row = cursor.fetchone()
    finally:
        session.close()
    return row is not None and Path(row[0]).resolve() == data_dir.resolve()
