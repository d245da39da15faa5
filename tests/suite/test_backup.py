"""El respaldo y su restauración, como los corre una persona, en otra base."""

import os
import stat
import subprocess
import sys

import psycopg2
import pytest
from sqlalchemy import make_url

from tests import factories
from tests.factories import BUYER, LINES


@pytest.fixture
def other_database(database_url):
    """Una base vacía en el mismo servidor."""
    admin = psycopg2.connect(make_url(database_url).set(drivername="postgresql").render_as_string(False))
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS restaurada")
        cursor.execute("CREATE DATABASE restaurada")
    yield make_url(database_url).set(database="restaurada").render_as_string(False)
    with admin.cursor() as cursor:
        cursor.execute("DROP DATABASE restaurada WITH (FORCE)")
    admin.close()


def command(module, *arguments, url=None):
    env = os.environ | ({"DATABASE_URL": url} if url else {})
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)], env=env, capture_output=True, text=True
    )


def content(url):
    """Cuántas filas hay en cada tabla y el resumen de su contenido."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(False)
    with psycopg2.connect(plain) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            found[table] = cursor.fetchone()
    connection.close()
    return found


@pytest.fixture
def busy(api):
    """Algo de cada cosa: una visita, una factura con su comprobante y su auditoría."""
    factories.note()
    factories.sri_settings()
    sale = {"buyer": BUYER, "items": LINES, "status": "ISSUED"}
    assert api("facturacion").post("/invoices", sale).status_code == 201


def test_what_is_restored_is_what_was_saved(busy, database_url, other_database, tmp_path):
    file = tmp_path / "clinica.dump"
    saved = command("common.backup", file)
    assert saved.returncode == 0, saved.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = command("common.restore", file, url=other_database)
    assert restored.returncode == 0, restored.stderr
    assert content(other_database) == content(database_url)


def test_the_guards_are_restored_too(busy, other_database, tmp_path):
    file = tmp_path / "clinica.dump"
    command("common.backup", file)
    command("common.restore", file, url=other_database)
    plain = make_url(other_database).set(drivername="postgresql").render_as_string(False)
    connection = psycopg2.connect(plain)
    with pytest.raises(psycopg2.Error, match="ya se emitió"), connection, connection.cursor() as cursor:
        cursor.execute("UPDATE invoices SET buyer_name = 'Otra'")
    connection.close()


def test_a_database_with_tables_is_never_restored_over(busy, database_url, tmp_path):
    file = tmp_path / "clinica.dump"
    command("common.backup", file)
    before = content(database_url)
    refused = command("common.restore", file)
    assert (refused.returncode, "no está vacía" in refused.stderr) == (1, True)
    assert content(database_url) == before


def test_a_damaged_file_leaves_the_database_empty(busy, other_database, tmp_path):
    file = tmp_path / "clinica.dump"
    command("common.backup", file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused = command("common.restore", file, url=other_database)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert content(other_database) == {}


def test_a_backup_is_never_written_over_another(busy, tmp_path):
    file = tmp_path / "clinica.dump"
    file.write_text("otro", encoding="utf-8")
    assert command("common.backup", file).returncode == 1
    assert file.read_text(encoding="utf-8") == "otro"


def test_a_failed_backup_leaves_nothing(tmp_path, database_url):
    nowhere = make_url(database_url).set(database="no_existe").render_as_string(False)
    failed = command("common.backup", tmp_path / "clinica.dump", url=nowhere)
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert list(tmp_path.iterdir()) == []
