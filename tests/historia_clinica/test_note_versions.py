"""Corregir una nota: solo su autor, y lo que decía no se pierde."""

import psycopg2.errors
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from common.database import reading, transaction
from common.tables.historia_clinica import ClinicalNote, ClinicalNoteVersion
from scripts.trials.at_once import at_once
from tests import factories


@pytest.fixture
def doctor(api):
    return api("historia_clinica", user_id=factories.doctor(full_name="Dra. Vega"))


def written(client, **body):
    path = f"/appointments/{factories.appointment()}/notes"
    return client.post(path, {"observations": "Uno", **body}).json["data"]["note"]


def versions(client, note_id):
    return client.get(f"/notes/{note_id}/versions").json["data"]["versions"]


def former_versions(note_id):
    with reading() as db:
        table = ClinicalNoteVersion.__table__
        statement = select(table).where(table.c.note_id == note_id).order_by(table.c.version)
        return db.execute(statement).mappings().all()


def test_a_correction_keeps_what_the_note_said(doctor):
    note = written(doctor, plan="Reposo", vital_signs={"heart_rate_bpm": 80})
    body = {"observations": "Dos", "vital_signs": {"weight_kg": 80, "height_cm": 200}}
    changed = doctor.put(f"/notes/{note['note_id']}", body).json["data"]["note"]
    assert (changed["observations"], changed["plan"], changed["versions"]) == ("Dos", "Reposo", 2)
    assert (changed["vital_signs"]["heart_rate_bpm"], changed["vital_signs"]["bmi"]) == (None, 20)
    assert changed["created_at"] == note["created_at"]
    (former,) = former_versions(note["note_id"])
    assert (former["observations"], former["plan"], former["version"]) == ("Uno", "Reposo", 1)
    assert former["vital_signs"] == note["vital_signs"]
    assert former["author_id"] == note["author_id"]


def test_the_versions_come_from_the_first_to_the_current_one(doctor):
    note = written(doctor)
    second = doctor.put(f"/notes/{note['note_id']}", {"observations": "Dos"}).json["data"]["note"]
    third = doctor.put(f"/notes/{note['note_id']}", {"plan": "Control"}).json["data"]["note"]
    listed = versions(doctor, note["note_id"])
    assert [(row["version"], row["is_current"]) for row in listed] == [(1, False), (2, False), (3, True)]
    assert [row["observations"] for row in listed] == ["Uno", "Dos", "Dos"]
    assert [row["plan"] for row in listed] == [None, None, "Control"]
    instants = [note["updated_at"], second["updated_at"], third["updated_at"]]
    assert [row["created_at"] for row in listed] == instants
    assert {row["author_name"] for row in listed} == {"Dra. Vega"}


def test_a_note_never_corrected_has_one_version(doctor):
    note = written(doctor)
    (only,) = versions(doctor, note["note_id"])
    assert (only["version"], only["is_current"], only["observations"]) == (1, True, "Uno")


def test_null_clears_what_is_optional(doctor):
    diagnosis = {"code": "J029", "description": "Faringitis", "type": "PRESUNTIVO"}
    note = written(doctor, plan="Reposo", diagnoses=[diagnosis], vital_signs={"weight_kg": 70})
    body = {"plan": None, "diagnoses": None, "vital_signs": None}
    changed = doctor.put(f"/notes/{note['note_id']}", body).json["data"]["note"]
    assert (changed["plan"], changed["diagnoses"], changed["vital_signs"]) == (None, [], None)
    assert doctor.put(f"/notes/{note['note_id']}", {"observations": None}).status_code == 422


@pytest.mark.parametrize("body", [{}, {"observations": "Uno"}, {"vital_signs": {"weight_kg": 70.0}}])
def test_an_empty_change_makes_no_version(doctor, body):
    note = written(doctor, vital_signs={"weight_kg": 70})
    same = doctor.put(f"/notes/{note['note_id']}", body)
    assert (same.status_code, same.json["data"]["note"]) == (200, note)
    assert former_versions(note["note_id"]) == []


@pytest.mark.parametrize("role", ["Doctor", "Admin"])
def test_only_its_author_corrects_a_note(api, doctor, role):
    note = written(doctor)
    refused = api("historia_clinica", role=role).put(f"/notes/{note['note_id']}", {"plan": "Otro"})
    assert (refused.status_code, refused.json["code"]) == (403, "no_es_autor")
    assert versions(doctor, note["note_id"])[-1]["plan"] is None


def test_simultaneous_corrections_lose_no_version(api):
    author = factories.doctor()
    note_id = factories.note(author_id=author)
    clients = [api("historia_clinica", user_id=author) for _ in range(10)]
    calls = [
        lambda client=client, plan=f"Plan {number}": client.put(f"/notes/{note_id}", {"plan": plan})
        for number, client in enumerate(clients)
    ]
    assert {result.status_code for result in at_once(calls)} == {200}
    assert [row["version"] for row in former_versions(note_id)] == list(range(1, 11))
    with reading() as db:
        assert db.execute(select(ClinicalNote.version)).scalar_one() == 11


def test_a_note_that_does_not_exist_is_404(doctor):
    assert doctor.put("/notes/99", {"plan": "Otro"}).status_code == 404
    assert doctor.get("/notes/99/versions").status_code == 404


@pytest.mark.parametrize(
    "statement",
    ["UPDATE clinical_note_versions SET observations = 'x'", "DELETE FROM clinical_note_versions"],
)
def test_the_database_refuses_to_touch_a_former_version(doctor, statement):
    note = written(doctor)
    doctor.put(f"/notes/{note['note_id']}", {"plan": "Control"})
    with pytest.raises(DBAPIError) as refused, transaction() as db:
        db.execute(text(statement))
    assert isinstance(refused.value.orig, psycopg2.errors.RestrictViolation)
