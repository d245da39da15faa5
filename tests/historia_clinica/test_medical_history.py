"""Antecedentes médicos: uno por paciente, que se completa poco a poco."""

from sqlalchemy import select

from common.database import reading
from common.tables.historia_clinica import MedicalHistory
from scripts.trials.at_once import at_once
from tests import factories


def stored(patient_id):
    with reading() as db:
        statement = select(MedicalHistory.__table__).where(MedicalHistory.patient_id == patient_id)
        return db.execute(statement).mappings().one()


def test_a_patient_without_history_answers_null(api):
    patient_id = factories.patient()
    answer = api("historia_clinica", role="Doctor").get(f"/patients/{patient_id}/medical-history")
    assert (answer.status_code, answer.json["data"]) == (200, {"medical_history": None})


def test_the_first_write_makes_it_and_the_next_ones_complete_it(api):
    patient_id, doctor_id = factories.patient(), factories.doctor(full_name="Dra. Vega")
    doctor = api("historia_clinica", user_id=doctor_id)
    path = f"/patients/{patient_id}/medical-history"
    first = doctor.post(path, {"allergies": "Penicilina", "blood_type": "O-", "habits": "Fuma"})
    assert first.status_code == 201
    assert first.headers["Location"] == f"/api/historia-clinica{path}"
    second = doctor.post(path, {"surgeries": "Apendicectomía\n2019", "habits": None})
    assert (second.status_code, "Location" in second.headers) == (200, False)
    row = stored(patient_id)
    assert (row["allergies"], row["blood_type"], row["habits"]) == ("Penicilina", "O-", None)
    assert (row["surgeries"], row["updated_by"]) == ("Apendicectomía\n2019", doctor_id)
    history = doctor.get(path).json["data"]["medical_history"]
    assert history == second.json["data"]["medical_history"]
    assert history["updated_by_name"] == "Dra. Vega"


def test_the_history_remembers_who_changed_it_last(api):
    patient_id, second = factories.patient(), factories.doctor()
    path = f"/patients/{patient_id}/medical-history"
    api("historia_clinica", role="Doctor").post(path, {"allergies": "Polen"})
    api("historia_clinica", user_id=second).post(path, {"allergies": "Ninguna"})
    assert stored(patient_id)["updated_by"] == second


def test_writing_the_same_again_changes_nothing(api):
    patient_id, first = factories.patient(), factories.doctor()
    path = f"/patients/{patient_id}/medical-history"
    api("historia_clinica", user_id=first).post(path, {"allergies": "Polen"})
    former = stored(patient_id)
    again = api("historia_clinica", role="Doctor").post(path, {"allergies": "Polen"})
    assert again.status_code == 200
    assert stored(patient_id) == former


def test_every_problem_of_the_history_is_listed(api):
    body = {"blood_type": "Z+", "allergies": "a\x00b", "habits": 3, "alergias": "x", "surgeries": ""}
    path = f"/patients/{factories.patient()}/medical-history"
    answer = api("historia_clinica", role="Doctor").post(path, body)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} == set(body)


def test_simultaneous_first_writes_all_succeed_and_none_is_lost(api):
    patient_id, who = factories.patient(), factories.doctor()
    keys = ["allergies", "pathologies", "surgeries", "family_history", "medications", "habits"]
    path = f"/patients/{patient_id}/medical-history"
    clients = [(api("historia_clinica", user_id=who), key) for key in keys]
    results = at_once(
        [lambda client=client, key=key: client.post(path, {key: key}) for client, key in clients]
    )
    assert sorted(result.status_code for result in results) == [200] * 5 + [201]
    row = stored(patient_id)
    assert {key: row[key] for key in keys} == {key: key for key in keys}


def test_the_patient_file_carries_the_history_for_a_doctor(api):
    patient_id = factories.patient()
    doctor = api("historia_clinica", role="Doctor")
    assert doctor.get(f"/patients/{patient_id}").json["data"]["medical_history"] is None
    written = doctor.post(f"/patients/{patient_id}/medical-history", {"blood_type": "AB+"}).json["data"]
    file = doctor.get(f"/patients/{patient_id}").json["data"]
    assert file["medical_history"] == written["medical_history"]
