"""Las migraciones dejan el esquema declarado, varias a la vez, y la primera cuenta una sola vez."""

import os
import subprocess
import sys
import time
from contextlib import closing
from uuid import uuid4

import psycopg2
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url

from common.access.passwords import matches
from common.access.tokens import token_states
from common.config import PROJECT_ROOT, ConfigurationError, parse_settings
from common.database import engine, transaction
from common.migrate import LOCK, main, prepare_database
from common.tables import Base
from common.tables.auth import User
from common.upkeep.seeding import reset_admin
from tests import factories

CATALOGUE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               a.attgenerated, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
          AND NOT a.attisdropped""",
    "tables": """
        SELECT relname, relpersistence, relrowsecurity, obj_description(oid, 'pg_class') FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, condeferrable, condeferred, convalidated,
               pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal""",
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS
          (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "extensions": "SELECT extname FROM pg_extension",
}


@pytest.fixture
def empty_database(database_url):
    """La dirección de una base nueva y vacía en el mismo servidor; se borra al acabar."""
    name = f"vacia_{uuid4().hex[:8]}"
    _on_server(database_url, f"CREATE DATABASE {name}")
    yield make_url(engine().url).set(database=name).render_as_string(hide_password=False)
    _on_server(database_url, f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(database_url, statement):
    with closing(psycopg2.connect(database_url.replace("+psycopg2", ""))) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


def fetched(url, query):
    with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def catalogue(url, kind):
    rows = fetched(url, CATALOGUE[kind])
    return {row for row in rows if "alembic_version" not in str(row)}


@pytest.fixture
def declared(empty_database):
    """Una base creada con lo que declara `common.tables`, sin migraciones."""
    own = create_engine(empty_database)
    Base.metadata.create_all(own)
    own.dispose()
    return empty_database


@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_migrated_catalogue_is_the_declared_one(database_url, declared, kind):
    migrated, expected = catalogue(database_url, kind), catalogue(declared, kind)
    assert expected
    assert migrated - expected == set()
    assert expected - migrated == set()


def test_every_table_and_column_is_explained(database_url):
    for kind in ("tables", "columns"):
        assert [row for row in catalogue(database_url, kind) if not row[-1]] == []


def run_migrate(url, *arguments, **variables):
    """La orden, tal como la da una persona en una terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "common.migrate", *arguments],
        env={**os.environ, "DATABASE_URL": url, **variables},
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def test_five_at_once_on_an_empty_database_make_one_schema_and_one_account(empty_database):
    processes = [run_migrate(empty_database, ADMIN_EMAIL="", ADMIN_PASSWORD="") for _ in range(5)]
    ends = [(*process.communicate(timeout=120), process.returncode) for process in processes]
    assert [(code, error) for _, error, code in ends] == [(0, "")] * 5
    (printed,) = [output for output, _, _ in ends if "Contraseña: " in output]
    assert "Cuenta de administración: admin@clinica.local" in printed
    ((email, hashed),) = fetched(empty_database, "SELECT email, password_hash FROM users")
    assert email == "admin@clinica.local"
    assert matches(printed.partition("Contraseña: ")[2].splitlines()[0], hashed)
    assert len(fetched(empty_database, "SELECT name FROM roles")) == 6


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"ADMIN_PASSWORD": "corta"}, "ADMIN_PASSWORD: debe tener al menos 8 caracteres."),
        ({"ADMIN_EMAIL": "sin-arroba"}, "ADMIN_EMAIL: no es un correo electrónico válido."),
        ({"DATABASE_URL": ""}, "DATABASE_URL: falta la dirección de la base de datos PostgreSQL"),
        ({"DATABASE_URL": "postgresql://nadie@127.0.0.1:1/x"}, "No se pudo preparar la base de datos: "),
        ({"LOG_LEVEL": "FUERTE"}, "LOG_LEVEL: debe ser DEBUG, INFO, WARNING o ERROR."),
    ],
)
def test_what_prevents_it_is_said_in_words(empty_database, variables, reason):
    output, error = (process := run_migrate(**{"url": empty_database, **variables})).communicate(timeout=60)
    assert process.returncode == 1
    assert reason in error
    assert "Traceback" not in error
    assert output == ""


def settings(**variables):
    return parse_settings({"JWT_SECRET_KEY": os.environ["JWT_SECRET_KEY"], **variables})


def test_the_first_account_is_the_configured_one_and_is_made_once(api):
    chosen = settings(ADMIN_EMAIL="Jefa@Clinica.test", ADMIN_PASSWORD="Cuarzo-77")
    account = prepare_database(chosen)
    assert (account.email, account.password) == ("jefa@clinica.test", "Cuarzo-77")
    assert prepare_database(chosen) is None
    entered = api("auth", role=None).post("/login", {"email": account.email, "password": account.password})
    assert entered.json["data"]["user"]["role_name"] == "Admin"


def test_no_password_is_built_in():
    first = prepare_database(settings())
    with transaction() as db:
        db.query(User).delete()
    assert first.password != prepare_database(settings()).password
    assert len(first.password) >= 16


def test_with_users_nothing_is_created():
    factories.user("Doctor")
    assert prepare_database(settings()) is None


def test_reset_admin_gives_a_new_password_and_closes_the_sessions(api, capsys):
    admin_id = factories.user(email="jefa@clinica.test", is_active=False)
    factories.user(email="otra@clinica.test")
    session = api("auth", user_id=admin_id)
    assert main(["--reset-admin"]) == 0
    password = capsys.readouterr().out.partition("Contraseña: ")[2].splitlines()[0]
    token_states.clear()
    assert session.get("/me").status_code == 401
    anyone = api("auth", role=None)
    assert anyone.post("/login", {"email": "jefa@clinica.test", "password": password}).status_code == 200
    untouched = {"email": "otra@clinica.test", "password": "Prueba-2026"}
    assert anyone.post("/login", untouched).status_code == 200


def test_reset_admin_opens_an_account_that_was_locked(api, capsys):
    factories.user(email="Jefa@clinica.test")
    anyone = api("auth", role=None)
    wrong = {"email": "jefa@clinica.test", "password": "no-es-esta"}
    assert [anyone.post("/login", wrong).status_code for _ in range(6)] == [401] * 5 + [429]
    assert main(["--reset-admin"]) == 0
    password = capsys.readouterr().out.partition("Contraseña: ")[2].splitlines()[0]
    assert anyone.post("/login", {**wrong, "password": password}).status_code == 200


def test_reset_admin_without_one_says_so():
    with pytest.raises(ConfigurationError, match="No hay ninguna cuenta"), transaction() as db:
        reset_admin(db)


def test_migrating_again_changes_nothing(database_url):
    before = {kind: catalogue(database_url, kind) for kind in CATALOGUE}
    with transaction() as db:
        users = db.scalars(select(User.user_id)).all()
    assert main([]) == 0
    assert {kind: catalogue(database_url, kind) for kind in CATALOGUE} == before
    assert users == []


FORMER_INVOICE = """
    INSERT INTO roles (name) VALUES ('Admin');
    INSERT INTO users (full_name, email, password_hash, role_id) VALUES ('A', 'a@b.c', 'x', 1);
    INSERT INTO invoices (issue_date, buyer_id_type, buyer_id_number, buyer_name, subtotal, iva_amount,
      total_amount, created_by) VALUES ('2026-01-31', 'RUC', '1790016919001', 'X', 10, 0, 10, 1);
    INSERT INTO invoice_items (invoice_id, line_number, description, quantity, unit_price, iva_rate, subtotal)
      VALUES (1, 1, 'x', 1, 10, 0, 10);
    INSERT INTO invoice_taxes VALUES (1, 0, 10, 0);
    UPDATE invoices SET status = 'PAID', invoice_number = '001-001-000000001', issued_at = now(),
      paid_at = '2026-02-01 03:00+00'"""


def test_what_was_paid_before_payments_existed_becomes_one_payment(empty_database):
    former = [sys.executable, "-c", "from common.migrate import migrate; migrate('0001')"]
    environment = {**os.environ, "DATABASE_URL": empty_database}
    subprocess.run(former, cwd=PROJECT_ROOT, env=environment, check=True)
    connection = psycopg2.connect(empty_database.replace("+psycopg2", ""))
    with closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(FORMER_INVOICE)
    process = run_migrate(empty_database)
    assert (process.communicate()[1], process.returncode) == ("", 0)
    rows = fetched(empty_database, "SELECT amount::text, payment_date::text FROM invoice_payments")
    # Las tres de la madrugada en UTC son todavía el día anterior en la clínica.
    assert rows == [("10.00", "2026-01-31")]


def test_who_waits_for_another_migration_waits_as_long_as_it_takes(empty_database):
    first = run_migrate(empty_database, DB_LOCK_TIMEOUT_SECONDS="1")
    assert (first.communicate()[1], first.returncode) == ("", 0)
    holder = psycopg2.connect(empty_database.replace("+psycopg2", ""))
    with closing(holder), holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        waiting = run_migrate(empty_database)
        while fetched(empty_database, "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]:
            assert waiting.poll() is None
        time.sleep(1.5)  # más que el límite que la primera dejó fijado
        holder.rollback()
    assert (waiting.communicate()[1], waiting.returncode) == ("", 0)
