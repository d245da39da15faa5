"""Notas clínicas: lo que se escribe de una cita y lo que no se admite."""

import pytest
from sqlalchemy import select

from common.database import reading
from common.tables.historia_clinica import ClinicalNote
from tests import factories

VITAL_SIGNS = {
    "temperature_c": 36.65,
    "systolic_mmhg": 120,
    "diastolic_mmhg": 80,
    "heart_rate_bpm": 72,
    "respiratory_rate_bpm": 16,
    "oxygen_saturation_pct": 97.5,
    "weight_kg": 70.5,
    "height_cm": 175,
}


def stored(note_id):
    with reading() as db:
        return (
            db.execute(select(ClinicalNote.__table__).where(ClinicalNote.note_id == note_id)).mappings().one()
        )


def notes_path(**values):
    return f"/appointments/{factories.appointment(**values)}/notes"


def errors_of(response):
    assert response.status_code == 422
    return {error["field"]: error["message"] for error in response.json["errors"]}


def test_a_note_belongs_to_its_author_and_to_the_patient_of_the_appointment(api):
    patient_id, author = factories.patient(), factories.doctor(full_name="Dra. Vega")
    appointment_id = factories.appointment(patient_id=patient_id)
    body = {
        "observations": "  Dolor de garganta\ndesde ayer ",
        "diagnosis": "Faringitis aguda",
        "diagnoses": [
            {"code": "j02.9", "description": "Faringitis aguda", "type": "PRESUNTIVO"},
            {"code": "K021", "description": "Caries de la dentina", "type": "DEFINITIVO"},
        ],
        "plan": "Reposo",
        "vital_signs": VITAL_SIGNS,
    }
    created = api("historia_clinica", user_id=author).post(f"/appointments/{appointment_id}/notes", body)
    assert created.status_code == 201
    note = created.json["data"]["note"]
    assert created.headers["Location"] == f"/api/historia-clinica/notes/{note['note_id']}"
    assert (note["author_id"], note["author_name"], note["versions"]) == (author, "Dra. Vega", 1)
    row = stored(note["note_id"])
    assert (row["patient_id"], row["appointment_id"]) == (patient_id, appointment_id)
    assert row["observations"] == "Dolor de garganta\ndesde ayer"
    assert [diagnosis["code"] for diagnosis in row["diagnoses"]] == ["J029", "K021"]
    assert row["vital_signs"] == {**VITAL_SIGNS, "bmi": 23}


def test_a_note_needs_only_its_observations(api):
    created = api("historia_clinica", role="Doctor").post(notes_path(), {"observations": "Sin novedad"})
    note = created.json["data"]["note"]
    assert (note["diagnosis"], note["diagnoses"], note["plan"], note["vital_signs"]) == (None, [], None, None)


@pytest.mark.parametrize(
    ("weight", "height", "bmi"),
    [(70, 175, 22.9), (61.25, 175, 20), (80.2, 200, 20.1), (80.19, 200, 20)],
)
def test_the_bmi_is_rounded_half_up_to_one_decimal(api, weight, height, bmi):
    body = {"observations": "Control", "vital_signs": {"weight_kg": weight, "height_cm": height}}
    note = api("historia_clinica", role="Doctor").post(notes_path(), body).json["data"]["note"]
    assert note["vital_signs"]["bmi"] == bmi


def test_without_height_there_is_no_bmi(api):
    body = {"observations": "Control", "vital_signs": {"weight_kg": 70}}
    note = api("historia_clinica", role="Doctor").post(notes_path(), body).json["data"]["note"]
    assert note["vital_signs"] == {**dict.fromkeys(VITAL_SIGNS), "weight_kg": 70, "bmi": None}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("temperature_c", 24.9),
        ("temperature_c", 45.1),
        ("temperature_c", 36.123),
        ("systolic_mmhg", 39),
        ("systolic_mmhg", 301),
        ("diastolic_mmhg", 19),
        ("diastolic_mmhg", 201),
        ("heart_rate_bpm", 19),
        ("heart_rate_bpm", 72.5),
        ("respiratory_rate_bpm", 101),
        ("oxygen_saturation_pct", 100.1),
        ("weight_kg", 0.2),
        ("weight_kg", "70"),
        ("height_cm", 261),
        ("height_cm", True),
        ("bmi", 22.9),
    ],
)
def test_an_implausible_vital_sign_is_refused(api, key, value):
    body = {"observations": "Control", "vital_signs": {key: value}}
    answer = api("historia_clinica", role="Doctor").post("/appointments/1/notes", body)
    assert set(errors_of(answer)) == {f"vital_signs.{key}"}


def test_the_diastolic_pressure_is_below_the_systolic(api):
    body = {"observations": "Control", "vital_signs": {"systolic_mmhg": 80, "diastolic_mmhg": 80}}
    answer = api("historia_clinica", role="Doctor").post("/appointments/1/notes", body)
    assert errors_of(answer) == {"vital_signs.diastolic_mmhg": "debe ser menor que la presión sistólica"}


@pytest.mark.parametrize("code", ["", "J2", "02.9", "J02.", "J02.999", "JJ02", "J029\n9", "J02,9"])
def test_a_code_that_is_not_icd10_is_refused(api, code):
    diagnosis = {"code": code, "description": "Algo", "type": "PRESUNTIVO"}
    body = {"observations": "Control", "diagnoses": [diagnosis]}
    answer = api("historia_clinica", role="Doctor").post("/appointments/1/notes", body)
    assert set(errors_of(answer)) == {"diagnoses[0].code"}


def test_every_problem_of_a_note_is_listed(api):
    body = {"observations": "\x00", "diagnoses": [{"code": "J02", "type": "QUIZAS"}], "author_id": 3}
    answer = api("historia_clinica", role="Doctor").post("/appointments/1/notes", body)
    fields = {"observations", "diagnoses[0].description", "diagnoses[0].type", "author_id"}
    assert set(errors_of(answer)) == fields


def test_an_appointment_that_does_not_exist_is_404(api):
    doctor = api("historia_clinica", role="Doctor")
    assert doctor.post("/appointments/99/notes", {"observations": "Control"}).status_code == 404
    assert doctor.get("/appointments/99/notes").status_code == 404


@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW"])
def test_a_released_appointment_takes_no_notes(api, status):
    appointment_id = factories.appointment(status=status)
    doctor = api("historia_clinica", role="Doctor")
    refused = doctor.post(f"/appointments/{appointment_id}/notes", {"observations": "Control"})
    assert (refused.status_code, refused.json["code"]) == (409, "cita_cancelada")
    assert doctor.get(f"/appointments/{appointment_id}/notes").json["data"]["notes"] == []


def test_notes_are_listed_newest_first_by_appointment_and_by_patient(api):
    patient_id = factories.patient()
    first, second = (factories.appointment(patient_id=patient_id) for _ in range(2))
    notes = [factories.note(first), factories.note(second), factories.note(first)]
    factories.note()
    doctor = api("historia_clinica", role="Doctor")

    def ids(path):
        return [note["note_id"] for note in doctor.get(path).json["data"]["notes"]]

    assert ids(f"/appointments/{first}/notes") == [notes[2], notes[0]]
    assert ids(f"/patients/{patient_id}/notes") == notes[::-1]
    assert ids(f"/patients/{patient_id}/notes?page=2&per_page=2") == [notes[0]]


def test_one_note_is_read_by_its_number(api):
    note_id = factories.note(observations="Control anual")
    doctor = api("historia_clinica", role="Doctor")
    assert doctor.get(f"/notes/{note_id}").json["data"]["note"]["observations"] == "Control anual"
    assert doctor.get("/notes/99").status_code == 404
