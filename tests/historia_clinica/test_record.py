"""La historia clínica entera: qué junta, en qué orden, cuánto pregunta y qué constancia deja."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from common.database import fetch_all, reading
from common.tables.platform import AuditLog
from common.utils import now
from tests import factories
from tests.trips import trips

SIGNS = {
    "temperature_c": 36.6,
    "systolic_mmhg": 120,
    "diastolic_mmhg": 80,
    "heart_rate_bpm": None,
    "respiratory_rate_bpm": None,
    "oxygen_saturation_pct": None,
    "weight_kg": None,
    "height_cm": None,
    "bmi": None,
}


def record_of(api, patient, **who):
    answer = api("historia_clinica", **{"role": "Doctor", **who}).get(f"/patients/{patient}/record")
    assert answer.status_code == 200
    return answer.json["data"]


def trail():
    columns = (AuditLog.user_id, AuditLog.action, AuditLog.entity, AuditLog.entity_id, AuditLog.patient_id)
    with reading() as db:
        return [tuple(row.values()) for row in fetch_all(db, select(*columns).order_by(AuditLog.audit_id))]


def visited(patient, **values):
    """Una cita pasada con un tratamiento, un extra y una nota con signos vitales."""
    treatment, product = factories.treatment(), factories.product(5, name="Gasa", unit="caja")
    start = now() - timedelta(days=values.pop("days_ago"))
    visit = factories.appointment(
        patient_id=patient,
        start_time=start,
        treatments={treatment: 2},
        extras={product: "0.5"},
        **values,
    )
    written = start + timedelta(minutes=10)
    note = factories.note(visit, vital_signs=SIGNS, created_at=written, updated_at=written)
    return visit, note


def test_everything_of_the_patient_comes_together_the_latest_first(api):
    patient, doctor = factories.patient(), factories.doctor(full_name="Dra. Vega")
    old_visit, old_note = visited(patient, days_ago=30, doctor_id=doctor, reason="Dolor")
    new_visit, new_note = visited(patient, days_ago=2)
    future = factories.appointment(patient_id=patient)
    visited(factories.patient(), days_ago=5)
    data = record_of(api, patient)
    timeline = [
        (
            found["kind"],
            (found["note"] or found["appointment"])["note_id" if found["note"] else "appointment_id"],
        )
        for found in data["timeline"]
    ]
    assert timeline == [
        ("APPOINTMENT", future),
        ("NOTE", new_note),
        ("APPOINTMENT", new_visit),
        ("NOTE", old_note),
        ("APPOINTMENT", old_visit),
    ]
    assert data["patient"]["patient_id"] == patient
    assert data["medical_history"] is None
    oldest = data["timeline"][-1]["appointment"]
    assert (oldest["doctor_name"], oldest["status"], oldest["reason"]) == ("Dra. Vega", "PENDING", "Dolor")
    assert [t["quantity"] for t in oldest["treatments"]] == [2]
    assert oldest["treatments"][0]["treatment_name"].startswith("Tratamiento")
    assert [(e["product_name"], e["unit"], e["quantity"]) for e in oldest["extras"]] == [
        ("Gasa", "caja", 0.5)
    ]


def test_the_vital_signs_are_a_series_from_the_first_to_the_last(api):
    patient = factories.patient()
    _, late = visited(patient, days_ago=1)
    visit, early = visited(patient, days_ago=9)
    factories.note(visit)
    series = record_of(api, patient)["vital_signs"]
    assert [point["note_id"] for point in series] == [early, late]
    assert {key: series[0][key] for key in SIGNS} == SIGNS


def test_at_the_same_instant_the_note_goes_after_its_visit_and_the_newer_row_first(api):
    patient, start = factories.patient(), now().replace(microsecond=0)
    visit = factories.appointment(patient_id=patient, start_time=start)
    notes = [factories.note(visit, created_at=start, updated_at=start) for _ in range(2)]
    kinds = [
        (found["kind"], found["note"] and found["note"]["note_id"])
        for found in record_of(api, patient)["timeline"]
    ]
    assert kinds == [("NOTE", notes[1]), ("NOTE", notes[0]), ("APPOINTMENT", None)]


def test_a_patient_without_anything_has_an_empty_record(api):
    data = record_of(api, factories.patient())
    assert (data["medical_history"], data["timeline"], data["vital_signs"]) == (None, [], [])


def test_a_long_record_costs_the_same_queries_as_a_short_one(api):
    def queries(visits):
        patient = factories.patient()
        for number in range(visits):
            visited(patient, days_ago=number + 1)
        doctor = api("historia_clinica", role="Doctor")
        # La primera vez se prepara cada sentencia.
        for _ in range(2):
            _, sent = trips(lambda: doctor.get(f"/patients/{patient}/record"))
        return len(sent)

    assert queries(12) == queries(1) > 1


def test_seeing_the_record_leaves_one_entry_with_the_notes_it_showed(api):
    patient, doctor = factories.patient(), factories.doctor()
    _, first = visited(patient, days_ago=3)
    _, second = visited(patient, days_ago=1)
    record_of(api, patient, user_id=doctor)
    assert trail() == [(doctor, "READ", "record", patient, patient)]
    with reading() as db:
        (entry,) = fetch_all(db, select(AuditLog.details))
    assert entry["details"] == {"note_ids": [second, first]}


@pytest.mark.parametrize("role", ["Recepcion", "Bodega", "Contador", "Usuario"])
def test_only_whoever_treats_patients_sees_the_record_and_who_saw_it(api, role):
    patient, client = factories.patient(), api("historia_clinica", role=role)
    paths = (f"/patients/{patient}/record", f"/patients/{patient}/access-log")
    assert [client.get(path).status_code for path in paths] == [403, 403]
    assert [api("historia_clinica", role=None).get(path).status_code for path in paths] == [401, 401]
    assert trail() == []


def test_a_patient_that_does_not_exist_is_404_and_leaves_no_trace(api):
    doctor = api("historia_clinica", role="Doctor")
    assert doctor.get("/patients/99/record").status_code == 404
    assert doctor.get("/patients/99/access-log").status_code == 404
    assert trail() == []


def test_the_access_log_says_who_saw_or_changed_what_the_latest_first(api):
    patient, doctor = factories.patient(), factories.doctor(full_name="Dra. Vega")
    factories.user("Recepcion")
    client = api("historia_clinica", user_id=doctor)
    client.post(f"/patients/{patient}/medical-history", {"habits": "Camina"})
    client.get(f"/patients/{patient}/record")
    client.get(f"/patients/{factories.patient()}/record")
    data = client.get(f"/patients/{patient}/access-log").json["data"]
    assert [(a["user_name"], a["action"], a["entity"]) for a in data["accesses"]] == [
        ("Dra. Vega", "READ", "record"),
        ("Dra. Vega", "CREATE", "medical_history"),
    ]
    again = client.get(f"/patients/{patient}/access-log?page=2&per_page=2").json["data"]
    assert [a["entity"] for a in again["accesses"]] == ["medical_history"]
    assert again["pagination"]["total"] == 3
    assert "Camina" not in str(data)
