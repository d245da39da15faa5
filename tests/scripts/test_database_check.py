"""El aviso sobre una DATABASE_URL que no sirve: la causa, y nunca la contraseña."""

import socket
from collections.abc import Iterator

import psycopg2
import pytest

from scripts.machine.console import UserError
from scripts.postgres_here.server import EmbeddedPostgres
from scripts.starting.database_check import check_database

SECRET = "Clave-Secreta-9"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """Un servidor que sí pide contraseña al usuario `medica`."""
    with EmbeddedPostgres(fast=True) as running:
        session = psycopg2.connect(running.url())
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(f"create role medica login password '{SECRET}'")
            cursor.execute("create database antigua encoding 'LATIN1' locale 'C' template template0")
            rules = running.data_dir / "pg_hba.conf"
            rules.write_text("host all medica 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
            cursor.execute("select pg_reload_conf()")
        session.close()
        yield running


def complaint(url: str) -> str:
    with pytest.raises(UserError) as failure:
        check_database(url)
    text = str(failure.value)
    assert text.startswith("DATABASE_URL: ")
    assert SECRET not in text
    assert "\n" not in text
    return text


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_working_database_passes_however_it_is_written(server: EmbeddedPostgres, scheme: str) -> None:
    check_database(f"{scheme}://medica:{SECRET}@127.0.0.1:{server.port}/postgres")


def test_a_wrong_password_is_said(server: EmbeddedPostgres) -> None:
    text = complaint(f"postgresql://medica:no{SECRET}@127.0.0.1:{server.port}/postgres")
    assert "rechazó el usuario «medica» o su contraseña" in text


def test_a_missing_password_is_said(server: EmbeddedPostgres) -> None:
    text = complaint(f"postgresql://medica@127.0.0.1:{server.port}/postgres")
    assert "falta la contraseña" in text


def test_a_missing_database_is_said_with_its_remedy(server: EmbeddedPostgres) -> None:
    text = complaint(f"postgresql://medica:{SECRET}@127.0.0.1:{server.port}/clinica")
    assert "createdb clinica" in text


def test_a_database_that_is_not_utf8_is_refused(server: EmbeddedPostgres) -> None:
    text = complaint(f"postgresql://medica:{SECRET}@127.0.0.1:{server.port}/antigua")
    assert "LATIN1" in text


def test_nobody_listening_is_said() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert f"nadie responde en 127.0.0.1:{port}" in complaint(
        f"postgresql://medica:{SECRET}@127.0.0.1:{port}/clinica"
    )


def test_an_unknown_server_is_said() -> None:
    text = complaint(f"postgresql://medica:{SECRET}@no-existe.invalid/clinica")
    assert "no se encuentra el servidor «no-existe.invalid»" in text
