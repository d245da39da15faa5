"""Comprueba, antes de iniciar nada, que la base de DATABASE_URL atiende; si no, dice por qué."""

import re

import psycopg2
import psycopg2.extensions
from psycopg2.extensions import parse_dsn

from scripts.machine.console import UserError

TIMEOUT_SECONDS = 5
MINIMUM_VERSION = 13  # desde ella, btree_gist se puede activar sin ser administrador

# Lo que dice el servidor llega en su idioma: se reconoce en inglés y en español.
CAUSES = (
    (r"translate host name|resolve host", "no se encuentra el servidor «{host}»"),
    (
        r"refused|timeout expired|timed out|unreachable|No route|No such file",
        "nadie responde en {host}:{port}; compruebe que PostgreSQL esté en marcha",
    ),
    (
        r"invalid response|server closed the connection",
        "lo que atiende en {host}:{port} no parece PostgreSQL",
    ),
    (r"no password supplied", "falta la contraseña del usuario «{user}»"),
    (
        r"(password|peer|ident)\S* authentication failed|autentifica",
        "el servidor rechazó el usuario «{user}» o su contraseña",
    ),
    (
        r"database .* does not exist|no existe la base de datos|la base de datos .* no existe",
        "no existe la base de datos «{dbname}»; créela con: createdb {dbname}",
    ),
    (
        r"role .* does not exist|no existe el rol|el rol .* no existe",
        "no existe el usuario «{user}»",
    ),
    (r"pg_hba\.conf", "el servidor no admite conexiones de «{user}» desde este equipo"),
    (r"too many (clients|connections)|demasiad[oa]s", "el servidor no admite más conexiones"),
    (r"starting up|shutting down|recovery", "el servidor está arrancando o deteniéndose; repita"),
)


def check_database(url: str) -> None:
    """Se conecta una vez.

    :raises UserError: una frase con la causa, sin la contraseña.
    """
    dsn = "postgresql://" + url.partition("://")[2]
    try:
        session = psycopg2.connect(dsn, connect_timeout=TIMEOUT_SECONDS)
    except (psycopg2.Error, UnicodeDecodeError) as error:
        raise UserError(f"DATABASE_URL: {explain(dsn, str(error))}.") from error
    try:
        _check_version(session)
        _check_encoding(session)
    finally:
        session.close()


def explain(dsn: str, text: str) -> str:
    """La causa de un fallo de conexión en palabras."""
    try:
        parts = parse_dsn(dsn)
    except psycopg2.ProgrammingError:
        return "no es una dirección válida; se espera postgresql://usuario:clave@host:5432/base"
    known = {"host": "localhost", "port": "5432", "user": "", "dbname": ""} | parts
    for pattern, sentence in CAUSES:
        if re.search(pattern, text):
            return sentence.format(**known)
    return "no se pudo conectar: " + _without_password(text, parts.get("password"))


def _without_password(text: str, password: str | None) -> str:
    line = (text.strip().splitlines() or ["sin más detalle"])[-1].strip().rstrip(".")
    return line.replace(password, "•••") if password else line


def _check_version(session: psycopg2.extensions.connection) -> None:
    if session.server_version < MINIMUM_VERSION * 10_000:
        raise UserError(
            f"DATABASE_URL: hace falta PostgreSQL {MINIMUM_VERSION} o posterior; ese servidor es "
            f"{session.server_version // 10_000}."
        )


def _check_encoding(session: psycopg2.extensions.connection) -> None:
    encoding = session.get_parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UserError(
            f"DATABASE_URL: la base guarda los textos en {encoding}; cree una en UTF8 "
            "(createdb --encoding=UTF8 --template=template0)."
        )
