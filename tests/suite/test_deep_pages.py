"""Las páginas hondas dan lo mismo que saltarse las filas una a una, y el total es el de verdad."""

from datetime import timedelta
from random import Random

import pytest

from common.tables.citas import STATUSES
from common.utils import clinic_today, clock_at, now, start_of_day
from tests import factories

DAYS = 4
RANDOM = Random(7)


@pytest.fixture(autouse=True)
def always_deep(monkeypatch):
    """Toda página que no es la primera busca en qué día empieza."""
    monkeypatch.setattr("common.lists.listing.SHALLOW", 0)


def some_day():
    return clinic_today() - timedelta(days=RANDOM.randrange(DAYS))


def pages(client, path, plural, key, per_page=3):
    """Los identificadores de todas las páginas, una tras otra, y el total que dice cada una."""
    found, page = [], 1
    while True:
        data = client.get(f"{path}&page={page}&per_page={per_page}").json["data"]
        if not data[plural]:
            assert data["pagination"]["total"] == len(found)
            return found
        found += [row[key] for row in data[plural]]
        assert data["pagination"]["pages"] == -(-data["pagination"]["total"] // per_page)
        page += 1


def whole(client, path, plural, key):
    """Los de una sola página, que no salta nada."""
    return [row[key] for row in client.get(f"{path}&per_page=100").json["data"][plural]]


def periods():
    today = clinic_today()
    days = [(today - timedelta(days=n)).isoformat() for n in range(DAYS)]
    return ["", f"&date_from={days[2]}", f"&date_to={days[1]}", f"&date_from={days[2]}&date_to={days[2]}"]


def test_patients(api):
    for _ in range(20):
        moment = start_of_day(some_day()) + timedelta(minutes=RANDOM.randrange(1440))
        with clock_at(min(moment, now())):
            factories.patient(is_active=RANDOM.random() < 0.7)
    client = api("historia_clinica")
    for query in ("", "&is_active=true", "&is_active=false"):
        listed = (f"/patients?{query}", "patients", "patient_id")
        assert pages(client, *listed) == whole(client, *listed) != []


def test_appointments(api):
    doctor, client = factories.doctor(), api("citas")
    for number in range(24):
        # Dos pacientes a la misma hora con otro doctor: el desempate también cuenta.
        start = start_of_day(some_day()) + timedelta(minutes=30 * (number // 2))
        who = doctor if RANDOM.random() < 0.5 else factories.doctor()
        status = "CANCELLED" if who == doctor else RANDOM.choice(STATUSES)
        factories.appointment(doctor_id=who, start_time=start, status=status)
    for period in periods():
        for query in ("", "&status=CANCELLED", "&status=NO_SHOW", f"&doctor_id={doctor}"):
            listed = (f"/appointments?{query}{period}", "appointments", "appointment_id")
            assert pages(client, *listed) == whole(client, *listed)
    assert len(pages(client, "/appointments?", "appointments", "appointment_id")) == 24


def test_invoices(api):
    patient, client = factories.patient(), api("facturacion")
    for _ in range(20):
        body = {
            "patient_id": patient,
            "issue_date": some_day().isoformat(),
            "status": RANDOM.choice(["DRAFT", "ISSUED"]),
        }
        client.post("/invoices", {**body, "items": [{"description": "x", "unit_price": 1}]})
    for period in periods():
        for query in ("", "&status=DRAFT", "&status=PAID", f"&patient_id={patient}"):
            listed = (f"/invoices?{query}{period}", "invoices", "invoice_id")
            assert pages(client, *listed) == whole(client, *listed)
    assert len(pages(client, "/invoices?", "invoices", "invoice_id")) == 20


def test_a_page_beyond_the_last_one_is_empty_and_still_says_the_total(api):
    for _ in range(3):
        factories.patient()
    data = api("historia_clinica").get("/patients?page=900&per_page=2").json["data"]
    assert (data["patients"], data["pagination"]["total"]) == ([], 3)
