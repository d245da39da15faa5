"""La auditoría a la vista: quién la lee, qué filtra y qué manipulación se nota."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from auth_service.audit import queries
from common.auth_middleware import CurrentUser
from common.database import fetch_all, reading, transaction
from common.rules import audit
from common.tables.platform import AuditLog
from common.utils import clock_at, start_of_day
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def actor():
    who = factories.user("Doctor", full_name="Dra. Vega")
    return CurrentUser(who, "Doctor", frozenset(), "peticion-1", "10.0.0.7", {})


def write(actor, entity_id=None, action="UPDATE", entity="patients", **values):
    with transaction() as db:
        audit.record(db, actor, action, entity, entity_id, **values)


def trail():
    columns = (AuditLog.action, AuditLog.entity, AuditLog.entity_id, AuditLog.patient_id, AuditLog.details)
    with reading() as db:
        return [tuple(row.values()) for row in fetch_all(db, select(*columns).order_by(AuditLog.audit_id))]


def behind_the_guards(statement):
    """Lo que haría quien tiene la base: apagar los disparadores."""
    with transaction() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        db.execute(text(statement))


def verified(admin, query=""):
    answer = admin.get(f"/audit/verify{query}")
    assert answer.status_code == 200
    return answer.json["data"]


def test_an_entry_says_who_what_when_and_from_where(api, actor):
    patient = factories.patient()
    write(actor, 7, "READ", "medical_history", patient_id=patient, details={"fields": ["a"]})
    (entry,) = api("auth").get("/audit").json["data"]["entries"]
    assert len(entry.pop("hash")) == 64
    assert datetime.fromisoformat(entry.pop("created_at")).utcoffset() == timedelta(hours=-5)
    assert entry == {
        "audit_id": 1,
        "user_id": actor.user_id,
        "user_name": "Dra. Vega",
        "action": "READ",
        "entity": "medical_history",
        "entity_id": 7,
        "patient_id": patient,
        "request_id": "peticion-1",
        "ip_address": "10.0.0.7",
        "details": {"fields": ["a"]},
    }


def test_each_filter_leaves_only_its_entries_and_the_last_comes_first(api, actor):
    patient, other = factories.patient(), factories.user("Doctor")
    write(actor, 1, patient_id=patient)
    write(actor, 2, "READ", "clinical_notes")
    write(CurrentUser(other, "Doctor", frozenset(), "p", None, {}), 3)
    yesterday = start_of_day(factories.tomorrow_at(0).date()) - timedelta(days=2)
    with clock_at(yesterday + timedelta(hours=23, minutes=59)):
        write(actor, 4, "DELETE", "expenses")
    admin = api("auth")

    def found(query):
        entries = admin.get(f"/audit?{query}").json["data"]["entries"]
        return [entry["entity_id"] for entry in entries if entry["entity_id"]]

    day = yesterday.date().isoformat()
    assert found("") == [4, 3, 2, 1]
    assert found(f"user_id={other}") == [3]
    assert found(f"patient_id={patient}") == [1]
    assert found("entity=clinical_notes") == [2]
    assert found("action=DELETE") == [4]
    assert found(f"date_from={day}&date_to={day}") == [4]
    assert found("entity=patients&action=UPDATE&page=2&per_page=1") == [1]


@pytest.mark.parametrize(
    "query", ["user_id=x", "date_from=2026-02-30", "date_from=2026-02-02&date_to=2026-02-01", "quien=1"]
)
def test_a_filter_that_makes_no_sense_is_refused_and_leaves_no_trace(api, query):
    assert api("auth").get(f"/audit?{query}").status_code == 422
    assert trail() == []


@pytest.mark.parametrize("role", ["Doctor", "Recepcion", "Bodega", "Contador", "Usuario"])
def test_only_who_may_read_the_audit_reaches_it(api, role):
    client = api("auth", role=role)
    assert [client.get(path).status_code for path in ("/audit", "/audit/verify")] == [403, 403]


def test_reading_the_audit_is_audited(api, actor):
    patient, admin = factories.patient(), api("auth")
    admin.get("/audit?patient_id=999&action=READ")
    admin.get("/audit/verify")
    assert trail() == [
        ("READ", "audit_log", None, None, {"page": 1, "per_page": 20, "patient_id": 999, "action": "READ"}),
        ("READ", "audit_log", None, None, {"verified": True, "checked": 1}),
    ]
    write(actor, patient_id=patient)
    admin.get(f"/audit?patient_id={patient}")
    assert trail()[-1][:4] == ("READ", "audit_log", None, patient)


def test_an_untouched_chain_is_valid_even_in_several_batches(api, actor, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 2)
    for number in range(5):
        write(actor, number)
    report = verified(api("auth"))
    assert (report["valid"], report["checked"], report["first_broken"]) == (True, 5, None)
    assert (report["last"]["audit_id"], report["unused_numbers"]) == (5, 0)


def test_an_empty_register_is_valid(api):
    report = verified(api("auth"))
    assert report == {
        "valid": True,
        "checked": 0,
        "first_broken": None,
        "last": None,
        "unused_numbers": 0,
    }


@pytest.mark.parametrize(
    ("tampering", "checked", "broken", "reason"),
    [
        ("UPDATE audit_log SET entity = 'x' WHERE audit_id = 2", 1, 2, "contenido"),
        ("UPDATE audit_log SET details = '{}' WHERE audit_id = 2", 1, 2, "contenido"),
        ("DELETE FROM audit_log WHERE audit_id = 2", 1, 3, "No sigue a la anterior"),
        ("DELETE FROM audit_log WHERE audit_id = 1", 0, 2, "No sigue a la anterior"),
    ],
)
def test_tampering_is_found_where_it_happened(api, actor, tampering, checked, broken, reason):
    for number in range(4):
        write(actor, number)
    behind_the_guards(tampering)
    report = verified(api("auth"))
    assert (report["valid"], report["checked"]) == (False, checked)
    assert report["first_broken"]["audit_id"] == broken
    assert reason in report["first_broken"]["reason"]
    assert trail()[-1][4] == {"verified": False, "checked": checked}


@pytest.mark.parametrize("audit_id", [0, -1, -(2**63)])
def test_an_entry_slipped_in_before_the_first_is_found(api, actor, audit_id):
    write(actor)
    behind_the_guards(f"""
        INSERT INTO audit_log (audit_id, created_at, user_id, action, entity, request_id, hash, previous_hash)
        OVERRIDING SYSTEM VALUE
        SELECT {audit_id}, created_at, user_id, action, entity, request_id, hash, previous_hash FROM audit_log
    """)
    assert verified(api("auth"))["first_broken"]["audit_id"] == audit_id


def test_an_entry_changed_and_sealed_again_breaks_the_next_link(api, actor):
    for number in range(3):
        write(actor, number)
    behind_the_guards("UPDATE audit_log SET action = 'READ' WHERE audit_id = 2")
    with transaction() as db:
        forged = audit.digest(db.get_one(AuditLog, 2))
    behind_the_guards(f"UPDATE audit_log SET hash = '{forged}' WHERE audit_id = 2")
    assert verified(api("auth"))["first_broken"]["audit_id"] == 3


def test_a_cut_end_leaves_a_hint_and_betrays_itself_to_who_kept_the_last_entry(api, actor):
    admin = api("auth")
    for number in range(4):
        write(actor, number)
    last = verified(admin)["last"]
    behind_the_guards("DELETE FROM audit_log WHERE audit_id >= 3")
    report = verified(admin)
    assert (report["valid"], report["unused_numbers"]) == (True, 3)
    report = verified(admin, f"?last_audit_id={last['audit_id']}&last_hash={last['hash']}")
    assert (report["valid"], report["first_broken"]["audit_id"]) == (False, 4)


def test_the_kept_entry_is_found_again_when_nothing_was_cut(api, actor):
    admin = api("auth")
    write(actor)
    last = verified(admin)["last"]
    write(actor)
    assert verified(admin, f"?last_audit_id={last['audit_id']}&last_hash={last['hash']}")["valid"]
    assert not verified(admin, f"?last_audit_id={last['audit_id']}&last_hash={'0' * 64}")["valid"]


@pytest.mark.parametrize("query", ["last_audit_id=1", f"last_hash={'a' * 64}", "last_audit_id=1&last_hash=x"])
def test_half_a_kept_entry_is_refused(api, query):
    assert api("auth").get(f"/audit/verify?{query}").status_code == 422


def test_verifying_while_others_write_never_cries_wolf(api, actor):
    admin = api("auth")
    calls = [lambda: write(actor) for _ in range(30)]
    calls += [lambda: verified(admin)["valid"] for _ in range(10)]
    assert all(found is not False for found in at_once(calls))
    assert verified(admin)["checked"] == 40


def test_accounts_leave_a_trace_of_what_changed(api):
    admin_id = factories.user()
    admin, doctor, reception = (
        api("auth", user_id=admin_id),
        factories.role_id("Doctor"),
        factories.role_id("Recepcion"),
    )
    body = {"email": "eva@clinica.test", "password": "Clave-larga-7", "full_name": "Eva", "role_id": doctor}
    user_id = admin.post("/register", body).json["data"]["user"]["user_id"]
    admin.put(f"/users/{user_id}", {"full_name": "Eva Luz", "role_id": reception, "is_active": True})
    admin.put(f"/users/{user_id}", {"is_active": False})
    admin.put(f"/users/{user_id}", {"is_active": False})
    assert trail() == [
        ("CREATE", "users", user_id, None, {"role_id": doctor}),
        (
            "UPDATE",
            "users",
            user_id,
            None,
            {"fields": ["full_name", "role_id"], "role_id": [doctor, reception]},
        ),
        ("UPDATE", "users", user_id, None, {"fields": ["is_active"], "is_active": [True, False]}),
    ]
    with reading() as db:
        assert {row["user_id"] for row in fetch_all(db, select(AuditLog.user_id))} == {admin_id}


def test_who_registers_alone_is_who_did_it(api):
    body = {"email": "sol@clinica.test", "password": "Clave-larga-7", "full_name": "Sol"}
    answer = api("auth", role=None).post("/register", body, headers={"X-Request-ID": "alta-1"})
    with reading() as db:
        (entry,) = fetch_all(db, select(AuditLog.user_id, AuditLog.request_id, AuditLog.ip_address))
    user_id = answer.json["data"]["user"]["user_id"]
    assert entry == {"user_id": user_id, "request_id": "alta-1", "ip_address": "127.0.0.1"}


def test_roles_leave_a_trace_of_what_they_gained_and_lost(api):
    admin = api("auth")
    body = {"name": "Caja", "permissions": ["invoices:read"], "menu_config": []}
    role = admin.post("/roles", body).json["data"]["role"]["role_id"]
    admin.put(f"/roles/{role}", {"permissions": ["patients:read"], "name": "Caja"})
    admin.put(f"/roles/{role}", {"name": "Caja"})
    assert trail() == [
        ("CREATE", "roles", role, None, {"name": "Caja", "granted": ["invoices:read"]}),
        (
            "UPDATE",
            "roles",
            role,
            None,
            {"fields": ["permissions"], "granted": ["patients:read"], "withdrawn": ["invoices:read"]},
        ),
    ]


def test_a_new_password_leaves_a_trace_without_the_password_and_logging_in_leaves_none(api):
    user_id = factories.user(email="leo@clinica.test", password="Anterior-77")
    api("auth", role=None).post("/login", {"email": "leo@clinica.test", "password": "Anterior-77"})
    assert trail() == []
    body = {"current_password": "Anterior-77", "new_password": "Siguiente-88"}
    assert api("auth", user_id=user_id).put("/me/password", body).status_code == 200
    assert trail() == [("UPDATE", "users", user_id, None, {"fields": ["password"]})]


def test_a_refused_change_leaves_no_trace(api):
    admin_id = factories.user()
    admin = api("auth", user_id=admin_id)
    assert admin.put(f"/users/{admin_id}", {"is_active": False}).status_code == 409
    assert admin.put("/roles/1", {"permissions": []}).status_code == 409
    assert admin.post("/roles", {"name": "Admin", "permissions": []}).status_code == 409
    assert trail() == []
