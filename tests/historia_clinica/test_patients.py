"""Pacientes: registro, cambios, documentos y duplicados."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from common.database import reading
from common.tables.historia_clinica import Patient
from common.utils import clinic_today, clock_at
from scripts.trials.at_once import at_once
from tests import factories


def stored(patient_id):
    with reading() as db:
        return db.execute(select(Patient.__table__).where(Patient.patient_id == patient_id)).mappings().one()


def new(**values):
    return {"doc_number": factories.cedula(), "first_name": "Ana", "last_name": "Pérez", **values}


def errors_of(response):
    assert response.status_code == 422
    return {error["field"]: error["message"] for error in response.json["errors"]}


def test_a_patient_is_registered_with_everything_normalised(api):
    number = factories.cedula()
    body = new(
        doc_number=f"{number[:9]}-{number[9]}",
        first_name="  José María ",
        last_name="Ñandú",
        email="JOSE@Correo.EC",
        phone="+593 99 123-4567",
        birth_date="1990-05-17",
        gender="MASCULINO",
        emergency_contact_name="Rosa",
        emergency_contact_phone="(02) 234-5678",
        occupation="Docente",
        address="Av. Amazonas N34",
    )
    client = api("historia_clinica", role="Recepcion", user_id=(receptionist := factories.user("Recepcion")))
    created = client.post("/patients", body)
    assert created.status_code == 201
    patient = created.json["data"]["patient"]
    assert created.headers["Location"] == f"/api/historia-clinica/patients/{patient['patient_id']}"
    assert (patient["full_name"], patient["is_active"]) == ("José María Ñandú", True)
    row = stored(patient["patient_id"])
    assert (row["doc_number"], row["phone"], row["email"]) == (number, "+593991234567", "jose@correo.ec")
    assert (row["emergency_contact_phone"], row["birth_date"]) == ("022345678", date(1990, 5, 17))
    assert row["created_by"] == receptionist


def test_every_problem_is_listed_at_once(api):
    body = {
        "doc_number": "1710034064",
        "first_name": " ",
        "email": "sin arroba",
        "phone": "12",
        "birth_date": "2026-02-30",
        "gender": "M",
        "nickname": "Pepe",
    }
    problems = errors_of(api("historia_clinica").post("/patients", body))
    assert set(problems) == {*body, "last_name"}
    assert problems["doc_number"] == "el dígito verificador de la cédula no es correcto"


@pytest.mark.parametrize(
    ("doc_type", "number", "reason"),
    [
        ("CEDULA", "171003406", "la cédula tiene 10 dígitos; se recibieron 9"),
        ("CEDULA", "17I0034065", "la cédula solo lleva dígitos"),
        ("CEDULA", "2222222222", "la cédula no puede repetir un solo dígito"),
        ("CEDULA", "2510034065", "la cédula empieza con una provincia que no existe (25)"),
        ("CEDULA", "1770034065", "el tercer dígito de una cédula va de 0 a 6"),
        ("RUC", "1710034065000", "el establecimiento del RUC (últimos tres dígitos) no puede ser 000"),
        ("RUC", "1710034064001", "los diez primeros dígitos del RUC no son una cédula válida"),
        ("RUC", "9999999999999", "9999999999999 es consumidor final, no un RUC"),
        ("PASAPORTE", "A/1234", "el pasaporte lleva de 3 a 20 letras, dígitos o guiones"),
    ],
)
def test_a_wrong_document_is_refused_with_its_reason(api, doc_type, number, reason):
    body = new(doc_type=doc_type, doc_number=number)
    assert errors_of(api("historia_clinica").post("/patients", body)) == {"doc_number": reason}


@pytest.mark.parametrize(
    ("doc_type", "number", "kept"),
    [
        ("CEDULA", "171003406-5", "1710034065"),
        ("RUC", "1793213150001", "1793213150001"),
        ("RUC", "1710034065 001", "1710034065001"),
        ("PASAPORTE", " ab-123x ", "AB-123X"),
    ],
)
def test_a_document_is_stored_in_one_form(api, doc_type, number, kept):
    created = api("historia_clinica").post("/patients", new(doc_type=doc_type, doc_number=number))
    assert created.status_code == 201
    row = stored(created.json["data"]["patient"]["patient_id"])
    assert (row["doc_type"], row["doc_number"]) == (doc_type, kept)


@pytest.mark.parametrize("key", ["first_name", "address", "doc_number", "occupation"])
def test_control_characters_are_refused(api, key):
    assert key in errors_of(api("historia_clinica").post("/patients", new(**{key: "a\x00b"})))


def test_nobody_is_born_tomorrow_nor_before_1900(api):
    client = api("historia_clinica")
    today = clinic_today()
    tomorrow = (today + timedelta(days=1)).isoformat()
    future = {"birth_date": "no puede ser una fecha futura"}
    assert errors_of(client.post("/patients", new(birth_date=tomorrow))) == future
    assert "birth_date" in errors_of(client.post("/patients", new(birth_date="1899-12-31")))
    born_today = client.post("/patients", new(birth_date=today.isoformat()))
    assert born_today.json["data"]["patient"]["age"] == 0


@pytest.mark.parametrize(
    ("instant", "age"),
    [
        (datetime(2026, 2, 28, 17, tzinfo=UTC), 21),
        (datetime(2026, 3, 1, 4, 59, tzinfo=UTC), 21),
        (datetime(2026, 3, 1, 5, 0, tzinfo=UTC), 22),
    ],
)
def test_age_is_in_completed_years_on_the_clinic_day(api, instant, age):
    patient_id = factories.patient(birth_date=date(2004, 2, 29))
    client = api("historia_clinica")
    with clock_at(instant):
        assert client.get(f"/patients/{patient_id}").json["data"]["patient"]["age"] == age
        (listed,) = client.get("/patients").json["data"]["patients"]
    assert listed["age"] == age


def test_a_repeated_document_names_the_patient_who_has_it(api):
    patient_id = factories.patient(doc_number="1710034065")
    refused = api("historia_clinica").post("/patients", new(doc_number="171003406-5"))
    assert (refused.status_code, refused.json["code"]) == (409, "paciente_duplicado")
    assert refused.json["data"] == {"patient_id": patient_id}


def test_twenty_simultaneous_registrations_make_one_patient(api):
    who = factories.user("Recepcion")
    clients = [api("historia_clinica", user_id=who) for _ in range(20)]
    body = new()
    results = at_once([lambda client=client: client.post("/patients", body) for client in clients])
    assert sorted(result.status_code for result in results) == [201] + [409] * 19
    with reading() as db:
        (patient_id,) = db.execute(select(Patient.patient_id)).scalars()
    refused = [result.json["data"] for result in results if result.status_code == 409]
    assert refused == [{"patient_id": patient_id}] * 19


def test_a_change_touches_only_the_keys_sent(api):
    patient_id = factories.patient(phone="022345678", address="Calle 1", occupation="Docente")
    former = stored(patient_id)
    body = {"phone": None, "address": "Calle 2"}
    changed = api("historia_clinica").put(f"/patients/{patient_id}", body)
    assert changed.json["data"]["patient"]["address"] == "Calle 2"
    row = stored(patient_id)
    assert (row["phone"], row["address"], row["occupation"]) == (None, "Calle 2", "Docente")
    assert row["doc_number"] == former["doc_number"]
    assert row["updated_at"] > former["updated_at"]


def test_what_is_required_cannot_be_cleared(api):
    patient_id = factories.patient()
    body = dict.fromkeys(("doc_type", "doc_number", "first_name", "last_name", "is_active"))
    assert set(errors_of(api("historia_clinica").put(f"/patients/{patient_id}", body))) == set(body)


def test_unknown_keys_are_refused(api):
    patient_id = factories.patient()
    body = {"patient_id": 9, "full_name": "Otra", "age": 3}
    assert set(errors_of(api("historia_clinica").put(f"/patients/{patient_id}", body))) == set(body)


def test_changing_only_the_type_checks_the_number_already_stored(api):
    patient_id = factories.patient()
    client = api("historia_clinica")
    problem = {"doc_number": "el RUC tiene 13 dígitos; se recibieron 10"}
    assert errors_of(client.put(f"/patients/{patient_id}", {"doc_type": "RUC"})) == problem
    assert client.put(f"/patients/{patient_id}", {"doc_type": "PASAPORTE"}).status_code == 200
    assert stored(patient_id)["doc_type"] == "PASAPORTE"


def test_changing_only_the_number_checks_it_with_the_type_already_stored(api):
    patient_id = factories.patient(doc_type="PASAPORTE", doc_number="AB-1")
    client = api("historia_clinica")
    assert client.put(f"/patients/{patient_id}", {"doc_number": "cd-2"}).status_code == 200
    assert stored(patient_id)["doc_number"] == "CD-2"
    assert "doc_number" in errors_of(client.put(f"/patients/{patient_id}", {"doc_number": "?"}))


def test_a_patient_cannot_take_the_document_of_another(api):
    other = factories.patient(doc_number="1710034065")
    patient_id = factories.patient()
    refused = api("historia_clinica").put(f"/patients/{patient_id}", {"doc_number": "1710034065"})
    assert (refused.status_code, refused.json["data"]) == (409, {"patient_id": other})
    kept = {"doc_number": stored(patient_id)["doc_number"]}
    assert api("historia_clinica").put(f"/patients/{patient_id}", kept).status_code == 200


def test_a_patient_who_does_not_exist_is_404(api):
    client = api("historia_clinica")
    assert client.get("/patients/99").status_code == 404
    assert client.put("/patients/99", {"phone": None}).status_code == 404
    assert client.get("/patients/99/medical-history").status_code == 404
    assert client.post("/patients/99/medical-history", {}).status_code == 404
    assert client.get("/patients/99/notes").status_code == 404


def test_the_file_shows_the_last_ten_appointments(api):
    patient_id, doctor_id = factories.patient(), factories.doctor(full_name="Dra. Vega")
    own = [
        factories.appointment(
            patient_id=patient_id, doctor_id=doctor_id, start_time=factories.tomorrow_at(8 + hour)
        )
        for hour in range(11)
    ]
    factories.appointment()
    file = api("historia_clinica", role="Recepcion").get(f"/patients/{patient_id}").json["data"]
    recent = file["recent_appointments"]
    assert [row["appointment_id"] for row in recent] == own[:0:-1]
    assert {row["doctor_name"] for row in recent} == {"Dra. Vega"}


def test_the_reason_of_a_visit_is_for_whoever_sees_the_agenda(api):
    appointment_id = factories.appointment(patient_id=(who := factories.patient()), reason="Dolor")

    def seen_by(role):
        (row,) = (
            api("historia_clinica", role=role).get(f"/patients/{who}").json["data"]["recent_appointments"]
        )
        assert row["appointment_id"] == appointment_id
        return row["reason"]

    assert (seen_by("Recepcion"), seen_by("Contador")) == ("Dolor", None)
