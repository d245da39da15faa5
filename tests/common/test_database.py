"""La base: lecturas que no escriben, transacciones enteras y errores en palabras."""

from contextlib import ExitStack, closing, suppress
from decimal import Decimal
from functools import partial
from threading import Barrier

import psycopg2
import pytest
from sqlalchemy import Integer, UniqueConstraint, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from common.database import engine, fetch_all, fetch_one, fetch_value, reading, snapshot, transaction
from common.errors import CONSTRAINTS, AppError, Conflict, Invalid, NotFound, Unavailable, _column_of
from common.sql.statements import FixedQuery
from common.tables import Base
from common.tables.auth import Role, User
from common.tables.inventario import Product
from scripts.trials.at_once import at_once
from tests import factories

PID = select(func.pg_backend_pid().label("pid"))
FIXED_PID = FixedQuery(dict, PID)
FIXED_INSTANT = FixedQuery(dict, PID.add_columns(func.now().label("at")))


@pytest.fixture
def direct_url(database_url):
    """La dirección de la base, si entre ella y las pruebas no hay quien cambie una conexión por otra."""
    connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        if cursor.fetchone()[0] != connection.info.backend_pid:
            pytest.skip("tras PgBouncer una conexión no es siempre la misma")
    return database_url


def role_names():
    with reading() as db:
        return [row["name"] for row in fetch_all(db, select(Role.name))]


def kill(pid, database_url):
    connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
    with connection.cursor() as cursor:
        # Con plazo, para volver cuando el proceso ya terminó y no antes.
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        insert(Role).values(name="X"),
        update(Role).values(name="X"),
        delete(Role),
        text("DELETE FROM roles"),
        text("SELECT 1"),
    ],
)
def test_reading_writes_nothing(statement):
    before = role_names()
    with reading() as db, pytest.raises(TypeError, match="solo admite consultas"):
        db.execute(statement)
    assert role_names() == before


def test_reading_gives_its_connection_back_even_after_an_error():
    before = engine().pool.checkedout()
    with pytest.raises(NotFound), reading() as db:
        fetch_value(db, PID)
        raise NotFound("no está")
    assert engine().pool.checkedout() == before


def test_a_row_that_is_not_there_is_none():
    with reading() as db:
        assert fetch_one(db, select(Role.name).where(Role.role_id == 999)) is None
        assert fetch_value(db, select(Role.name).where(Role.role_id == 999)) is None


def test_what_happens_inside_a_transaction_is_confirmed_together():
    with transaction() as db:
        db.add_all([Role(name="Uno"), Role(name="Dos")])
    assert {"Uno", "Dos"} <= set(role_names())


def test_an_error_undoes_everything():
    with pytest.raises(NotFound), transaction() as db:
        db.add(Role(name="Uno"))
        db.flush()
        raise NotFound("no está")
    assert "Uno" not in role_names()


def test_an_inner_transaction_joins_the_outer_one():
    with pytest.raises(NotFound), transaction() as outer:
        with transaction() as inner:
            assert inner is outer
            inner.add(Role(name="Uno"))
        assert fetch_value(outer, select(Role.name).where(Role.name == "Uno")) == "Uno"
        raise NotFound("no está")
    assert "Uno" not in role_names()


def test_after_an_error_the_next_transaction_is_a_new_one():
    with pytest.raises(NotFound), transaction() as first:
        raise NotFound("no está")
    with transaction() as second:
        assert second is not first


def test_each_thread_has_its_own_transaction():
    def other():
        with transaction() as theirs:
            return theirs

    with transaction() as mine:
        assert at_once([other]) != [mine]


@pytest.mark.parametrize("query", [PID, FIXED_PID])
def test_a_killed_connection_is_opened_again_to_read(direct_url, query):
    with reading() as db:
        pid = fetch_value(db, query)
        kill(pid, direct_url)
        assert fetch_value(db, query) != pid


@pytest.mark.parametrize("query", [PID, FIXED_PID])
def test_connections_killed_while_idle_do_not_break_the_next_read(direct_url, query):
    with ExitStack() as stack:
        pids = [fetch_value(stack.enter_context(reading()), query) for _ in range(3)]
    for pid in pids:
        kill(pid, direct_url)
    for _ in range(3):
        with reading() as db:
            assert fetch_value(db, query) not in pids


def test_a_reader_holds_one_connection_whatever_it_asks():
    before = engine().pool.checkedout()
    with reading() as db:
        for query in (PID, FIXED_PID, FIXED_PID, PID):
            fetch_value(db, query)
            assert engine().pool.checkedout() == before + 1
    assert engine().pool.checkedout() == before


def test_a_fixed_query_that_fails_is_not_repeated():
    sequence = "audit_log_audit_id_seq"
    turn = FixedQuery(dict, select(func.pg_sequence_last_value(sequence).label("turn")))
    fails = FixedQuery(dict, select((1 / (func.nextval(sequence, type_=Integer()) * 0)).label("broken")))
    with reading() as db:
        with pytest.raises(DBAPIError, match="division by zero"):
            fetch_one(db, fails)
        before = fetch_value(db, turn)
        with pytest.raises(DBAPIError, match="division by zero"):
            fetch_one(db, fails)
        assert fetch_value(db, turn) == before + 1


def test_a_connection_killed_just_after_reading_is_neither_an_error_nor_lost(direct_url):
    free = engine().pool.checkedout()
    for _ in range(3):
        with reading() as db:
            pid = fetch_value(db, PID)
    with reading() as db:
        assert fetch_value(db, PID) == pid
        kill(pid, direct_url)
    assert engine().pool.checkedout() == free
    assert role_names()


@pytest.mark.parametrize("before", [reading, snapshot, transaction])
def test_to_read_nothing_more_than_the_query_travels(before, direct_url):
    for _ in range(3):
        with before() as db:
            fetch_value(db, PID)
        with reading() as db:
            pid = fetch_value(db, PID)
    with psycopg2.connect(direct_url.replace("+psycopg2", "")) as other, other.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", (pid,))
        assert "pg_backend_pid" in cursor.fetchone()[0]


def test_a_connection_changes_its_isolation_without_a_trip(direct_url):
    dialect, connection = engine().dialect, psycopg2.connect(direct_url.replace("+psycopg2", ""))
    kill(connection.info.backend_pid, direct_url)
    # Con la base cortada, lo que se enviara fallaría.
    for level, is_readonly in [("READ COMMITTED", False), ("REPEATABLE READ", True)] * 2:
        dialect.set_isolation_level(connection, level)
        dialect.set_readonly(connection, is_readonly)
        assert (connection.autocommit, bool(connection.readonly)) == (False, is_readonly)
        dialect.set_isolation_level(connection, "AUTOCOMMIT")
        dialect.set_readonly(connection, False)
        assert (connection.autocommit, connection.readonly) == (True, None)


def test_a_connection_killed_while_writing_is_503_and_leaves_nothing(database_url):
    with pytest.raises(Unavailable) as caught, transaction() as db:
        db.add(Role(name="Uno"))
        db.flush()
        kill(db.scalar(PID), database_url)
        db.scalar(PID)
    assert caught.value.retry_after == 2
    assert "Uno" not in role_names()


@pytest.mark.parametrize("ending", [None, NotFound("no está")], ids=["al confirmar", "al deshacer"])
def test_a_connection_killed_before_the_end_is_503_and_is_not_lent_again(ending, direct_url):
    free = engine().pool.checkedout()
    with pytest.raises(Unavailable), transaction() as db:
        db.add(Role(name="Uno"))
        db.flush()
        kill(db.scalar(PID), direct_url)
        if ending:
            raise ending
    assert engine().pool.checkedout() == free
    assert "Uno" not in role_names()
    with transaction() as db:
        db.add(Role(name="Uno"))
    assert "Uno" in role_names()


@pytest.mark.parametrize("ending", [None, NotFound("no está")], ids=["confirmada", "deshecha"])
def test_a_transaction_is_read_committed_and_its_connection_rests_afterwards(ending, direct_url):
    isolation = text("SELECT current_setting('transaction_isolation')")
    with engine().connect() as connection:
        connection.execute(text("SET default_transaction_isolation TO serializable"))
        connection.commit()
    with suppress(NotFound), transaction() as db:
        assert db.scalar(isolation) == "read committed"
        pid = db.scalar(PID)
        if ending:
            raise ending
    with reading() as db:
        # Dentro de una transacción, `now()` no avanza.
        first, second = fetch_one(db, FIXED_INSTANT), fetch_one(db, FIXED_INSTANT)
    assert (first["pid"], second["pid"]) == (pid, pid)
    assert first["at"] < second["at"]
    with engine().connect() as connection:
        connection.execute(text("RESET default_transaction_isolation"))
        connection.commit()


def test_without_free_connections_the_answer_is_503(api, monkeypatch):
    client = api("auth")
    assert client.get("/roles").status_code == 200
    monkeypatch.setattr(engine().pool, "_timeout", 0.05)
    with ExitStack() as stack:
        for _ in range(engine().pool.size()):
            stack.enter_context(engine().connect())
        refused = client.get("/roles")
    assert (refused.status_code, refused.json["code"]) == (503, "saturado")
    assert refused.headers["Retry-After"] == "2"
    assert client.get("/roles").status_code == 200


@pytest.mark.parametrize(
    ("state", "code"),
    [("53100", "base_sin_espacio"), ("53200", "base_no_disponible"), ("58030", "base_no_disponible")],
)
def test_a_database_that_runs_out_of_something_is_503(state, code):
    fail = text(f"DO $$ BEGIN RAISE EXCEPTION 'falta' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(Unavailable) as caught, transaction() as db:
        db.execute(fail)
    assert (caught.value.code, caught.value.retry_after) == (code, 2)


def test_two_transactions_that_block_each_other_end_with_one_503():
    first, second = factories.role("Uno"), factories.role("Dos")
    both = Barrier(2)

    def cross(here, there):
        try:
            with transaction() as db:
                db.execute(update(Role).where(Role.role_id == here).values(menu_config=[]))
                both.wait()
                db.execute(update(Role).where(Role.role_id == there).values(menu_config=[]))
        except Unavailable as error:
            return error.code
        return None

    ends = at_once([partial(cross, first, second), partial(cross, second, first)])
    assert sorted(ends, key=str) == [None, "ocupado"]


def test_a_violated_constraint_is_said_in_its_words():
    factories.product(sku="A-1")
    with pytest.raises(Conflict) as caught:
        factories.product(sku="A-1")
    assert caught.value.code == "sku_duplicado"
    assert caught.value.errors == [{"field": "sku", "message": "Ya existe un producto con ese código."}]


def test_a_row_that_does_not_exist_is_said_by_its_column():
    with pytest.raises(Invalid) as caught, transaction() as db:
        db.add(User(full_name="A", email="a@b.test", password_hash="x", role_id=999))
    assert caught.value.errors == [{"field": "role_id", "message": "no existe"}]


def test_a_number_that_does_not_fit_is_422():
    with pytest.raises(Invalid, match="fuera del rango"), transaction() as db:
        db.add(Product(sku="a", name="a", cost_price=Decimal("1e20")))
        db.flush()


def test_a_constraint_without_words_is_our_defect_and_not_the_client_s():
    with pytest.raises(DBAPIError) as caught, transaction() as db:
        db.add(Role(name=""))
    assert not isinstance(caught.value, AppError)


def test_every_constraint_with_words_exists_in_the_database():
    names = text("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
    with engine().connect() as connection:
        existing = set(connection.scalars(names))
    assert CONSTRAINTS.keys() - existing == set()


def test_every_unique_rule_has_words():
    """Una clave única sin palabras sería un 500 que un cliente puede causar."""
    tables = Base.metadata.tables.values()
    unique = {index.name for table in tables for index in table.indexes if index.unique}
    unique |= {
        constraint.name
        for table in tables
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    }
    assert unique - CONSTRAINTS.keys() == WRITTEN_ONLY_BY_THE_SYSTEM


# El cliente no elige estos valores: los pone el programa con su fila bloqueada.
WRITTEN_ONLY_BY_THE_SYSTEM = {
    "uq_doctor_calendar_links_live",
    "uq_doctor_calendar_links_token_hash",
    "uq_appointments_appointment_id_patient_id",
    "uq_clinical_note_versions_note_id_version",
    "uq_invoice_items_invoice_id_line_number",
    "uq_invoices_invoice_number_is_test",
    "uq_credit_notes_credit_note_number_is_test",
    "uq_credit_note_items_credit_note_id_line_number",
    "uq_credit_note_items_credit_note_id_invoice_item_id",
    "uq_sri_certificates_current",
    "uq_sri_documents_access_key",
    "uq_sri_documents_environment_doc_code_document_number_ruc",
    "uq_sri_documents_live_invoice",
    "uq_sri_documents_live_credit_note",
}


def test_every_foreign_key_names_its_column():
    wrong = {
        key.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
        if len(key.columns) == 1 and _column_of(key.name, table.name) != key.columns[0].name
    }
    assert wrong == set()
