"""La auditoría: una cadena a la que solo se agrega y en la que un cambio se nota."""

from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from common.auth_middleware import CurrentUser
from common.database import reading, transaction
from common.rules import audit
from common.tables.platform import AuditLog
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def actor():
    return CurrentUser(factories.user(), "Doctor", frozenset(), "peticion-1", "10.0.0.7", {})


def write(actor, entity_id, **details):
    with transaction() as db:
        audit.record(db, actor, "UPDATE", "patients", entity_id, details=details or None)


def chain():
    with transaction() as db:
        return list(db.scalars(select(AuditLog).order_by(AuditLog.audit_id)))


def broken_links():
    """Las entradas que no resumen su contenido o no siguen a la anterior."""
    previous, broken = audit.GENESIS, []
    for entry in chain():
        if (entry.previous_hash, entry.hash) != (previous, audit.digest(entry)):
            broken.append(entry.entity_id)
        previous = entry.hash
    return broken


def behind_the_guards(statement):
    """Lo que haría quien tiene la base: apagar los disparadores."""
    with transaction() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        db.execute(statement)


def test_an_entry_keeps_who_what_and_from_where(actor):
    patient_id = factories.patient()
    with transaction() as db:
        audit.record(
            db, actor, "READ", "medical_history", 7, patient_id=patient_id, details={"fields": ["a"]}
        )
    (entry,) = chain()
    assert (entry.user_id, entry.action, entry.entity, entry.entity_id, entry.patient_id) == (
        actor.user_id,
        "READ",
        "medical_history",
        7,
        patient_id,
    )
    assert (entry.request_id, entry.ip_address, entry.details) == (
        "peticion-1",
        "10.0.0.7",
        {"fields": ["a"]},
    )


def test_each_entry_links_the_one_before(actor):
    for number in range(4):
        write(actor, number, fields=["address", "phone"], versión=number)
    entries = chain()
    assert entries[0].previous_hash == audit.GENESIS
    assert [entry.previous_hash for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert broken_links() == []


def test_twenty_at_once_make_one_chain(actor):
    at_once([partial(write, actor, number) for number in range(20)])
    assert len(chain()) == 20
    assert broken_links() == []


def test_what_is_undone_leaves_no_entry(actor):
    write(actor, 1)
    with pytest.raises(ZeroDivisionError), transaction() as db:
        audit.record(db, actor, "UPDATE", "patients", 2)
        raise ZeroDivisionError
    write(actor, 3)
    assert [entry.entity_id for entry in chain()] == [1, 3]
    assert broken_links() == []


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET action = 'READ'", "DELETE FROM audit_log"])
def test_no_entry_is_changed_nor_deleted(actor, statement):
    write(actor, 1)
    with pytest.raises(DBAPIError, match="solo admite agregar filas"), transaction() as db:
        db.execute(text(statement))
    assert [entry.action for entry in chain()] == ["UPDATE"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "READ"),
        ("entity", "notes"),
        ("user_id", None),
        ("created_at", "2020-01-01T00:00:00Z"),
        ("details", {"fields": ["email"]}),
        ("ip_address", "10.0.0.8"),
        ("request_id", "otra"),
    ],
)
def test_an_entry_changed_by_hand_is_noticed(actor, column, value):
    for number in range(3):
        write(actor, number, fields=["phone"])
    value = factories.user() if column == "user_id" else value
    behind_the_guards(update(AuditLog).where(AuditLog.entity_id == 1).values({column: value}))
    assert broken_links() == [1]


def test_an_entry_deleted_by_hand_is_noticed(actor):
    for number in range(3):
        write(actor, number)
    behind_the_guards(text("DELETE FROM audit_log WHERE entity_id = 1"))
    assert broken_links() == [2]


def test_the_digest_of_an_entry_is_always_the_same(actor):
    """Leída de la base, de otra conexión, resume lo mismo que al escribirla."""
    write(actor, 1, fields=["á", "b"], nested={"z": 1, "a": [1.5, None, True]})
    (entry,) = chain()
    with reading() as db:
        stored = db.execute(select(AuditLog.hash)).scalar_one()
    assert audit.digest(entry) == stored
