"""Quién puede ver lo clínico, y la constancia que deja cada lectura y cada cambio."""

import pytest
from sqlalchemy import select

from common.database import reading
from common.rules import audit
from common.tables.platform import AuditLog
from tests import factories

SECRET = "Texto clínico reservado"


def trail():
    """Las entradas de la auditoría: acción, entidad, fila, paciente y detalles."""
    with reading() as db:
        table = AuditLog.__table__
        rows = db.execute(select(table).order_by(table.c.audit_id)).mappings().all()
    return [
        (row["action"], row["entity"], row["entity_id"], row["patient_id"], row["details"]) for row in rows
    ]


CLINICAL_CALLS = [
    ("GET", "/patients/{patient}/medical-history", None),
    ("POST", "/patients/{patient}/medical-history", {"allergies": SECRET}),
    ("GET", "/patients/{patient}/notes", None),
    ("GET", "/appointments/{appointment}/notes", None),
    ("POST", "/appointments/{appointment}/notes", {"observations": SECRET}),
    ("GET", "/notes/{note}", None),
    ("PUT", "/notes/{note}", {"plan": SECRET}),
    ("GET", "/notes/{note}/versions", None),
]
PATIENT_CALLS = [
    ("GET", "/patients", None, {"Admin", "Doctor", "Recepcion", "Contador"}),
    ("GET", "/patients/search?cedula=1", None, {"Admin", "Doctor", "Recepcion", "Contador"}),
    ("GET", "/patients/{patient}", None, {"Admin", "Doctor", "Recepcion", "Contador"}),
    ("POST", "/patients", {}, {"Admin", "Doctor", "Recepcion"}),
    ("PUT", "/patients/{patient}", {"phone": None}, {"Admin", "Doctor", "Recepcion"}),
]
ROLES = ["Admin", "Doctor", "Recepcion", "Bodega", "Contador", "Usuario"]


@pytest.fixture
def case():
    appointment = factories.appointment(patient_id=(patient := factories.patient()))
    return {"patient": patient, "appointment": appointment, "note": factories.note(appointment)}


@pytest.mark.parametrize("role", ["Recepcion", "Bodega", "Contador", "Usuario"])
def test_only_whoever_treats_patients_reaches_the_clinical_record(api, case, role):
    client = api("historia_clinica", role=role)
    answers = [
        client.request(method, path.format(**case), json=body) for method, path, body in CLINICAL_CALLS
    ]
    assert [answer.json["code"] for answer in answers] == ["sin_permiso"] * len(CLINICAL_CALLS)
    assert trail() == []


@pytest.mark.parametrize(("method", "path", "body", "allowed"), PATIENT_CALLS)
def test_each_patient_route_is_for_its_roles(api, case, method, path, body, allowed):
    def is_allowed(role):
        client = api("historia_clinica", role=role)
        return client.request(method, path.format(**case), json=body).status_code != 403

    assert {role for role in ROLES if is_allowed(role)} == allowed


def test_a_stranger_gets_401_before_his_body_is_read(api, case):
    stranger = api("historia_clinica", role=None)
    calls = [*CLINICAL_CALLS, *((method, path, body) for method, path, body, _ in PATIENT_CALLS)]
    answers = [stranger.request(method, path.format(**case), data="{") for method, path, _ in calls]
    assert {answer.status_code for answer in answers} == {401}


def test_reception_sees_the_file_without_the_history_and_leaves_no_trace(api, case):
    path = f"/patients/{case['patient']}"
    api("historia_clinica", role="Doctor").post(f"{path}/medical-history", {"allergies": SECRET})
    before = trail()
    file = api("historia_clinica", role="Recepcion").get(path)
    assert file.json["data"]["medical_history"] is None
    assert SECRET not in file.text
    assert trail() == before


def test_reading_and_writing_the_history_leaves_a_trace_each_time(api):
    patient = factories.patient()
    doctor, path = api("historia_clinica", role="Doctor"), f"/patients/{patient}/medical-history"
    doctor.get(path)
    doctor.post(path, {"habits": SECRET, "allergies": SECRET})
    doctor.post(path, {"allergies": None})
    doctor.get(path)
    doctor.get(f"/patients/{patient}")
    assert trail() == [
        ("READ", "medical_history", None, patient, None),
        ("CREATE", "medical_history", 1, patient, {"fields": ["allergies", "habits"]}),
        ("UPDATE", "medical_history", 1, patient, {"fields": ["allergies"]}),
        ("READ", "medical_history", 1, patient, None),
        ("READ", "medical_history", 1, patient, None),
    ]


def test_reading_and_writing_notes_leaves_a_trace_each_time(api):
    appointment = factories.appointment(patient_id=(patient := factories.patient()))
    doctor = api("historia_clinica", role="Doctor")
    doctor.post(f"/appointments/{appointment}/notes", {"observations": SECRET, "plan": SECRET})
    doctor.put("/notes/1", {"plan": "Otro"})
    doctor.get("/notes/1")
    doctor.get("/notes/1/versions")
    doctor.get(f"/appointments/{appointment}/notes")
    doctor.get(f"/patients/{patient}/notes")
    assert trail() == [
        ("CREATE", "clinical_notes", 1, patient, {"fields": ["observations", "plan"]}),
        ("UPDATE", "clinical_notes", 1, patient, {"fields": ["plan"]}),
        ("READ", "clinical_notes", 1, patient, None),
        ("READ", "clinical_notes", 1, patient, {"versions": [1, 2]}),
        ("READ", "clinical_notes", None, patient, {"note_ids": [1]}),
        ("READ", "clinical_notes", None, patient, {"note_ids": [1]}),
    ]


def test_registering_and_changing_a_patient_leaves_a_trace(api):
    client = api("historia_clinica", role="Recepcion")
    body = {"doc_number": factories.cedula(), "first_name": "Ana", "last_name": "Vega"}
    client.post("/patients", body)
    client.put("/patients/1", {"phone": "022345678", "first_name": "Ana"})
    assert trail() == [
        ("CREATE", "patients", 1, 1, {"fields": ["doc_number", "first_name", "last_name"]}),
        ("UPDATE", "patients", 1, 1, {"fields": ["phone"]}),
    ]


def test_what_is_refused_leaves_no_trace(api, case):
    other = api("historia_clinica", role="Doctor")
    other.put(f"/notes/{case['note']}", {"plan": SECRET})
    other.get("/notes/99")
    other.post(f"/patients/{case['patient']}/medical-history", {"blood_type": "Z"})
    assert trail() == []


def test_the_trace_says_who_and_from_where(api, case):
    doctor_id = factories.doctor()
    api("historia_clinica", user_id=doctor_id).get(
        f"/notes/{case['note']}", headers={"X-Request-ID": "visita-7"}
    )
    with reading() as db:
        (row,) = db.execute(select(AuditLog.__table__)).mappings()
    assert (row["user_id"], row["request_id"], row["ip_address"]) == (doctor_id, "visita-7", "127.0.0.1")
    assert row["previous_hash"] == audit.GENESIS
