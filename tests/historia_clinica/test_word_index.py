"""La búsqueda por palabras encuentra lo mismo que mirar nombre por nombre."""

import unicodedata
from random import Random

import pytest
from sqlalchemy import text

from common.database import transaction
from historia_clinica_service import search_queries
from tests import factories

FIRST = ("María José", "Mariana", "José", "Ana Lucía", "Íngrid", "Luis O'Brien", "Anahí", "Rubí\\Sol")
LAST = ("Pérez", "Perezoso Ana", "Ñañez", "de la Cruz", "Cruz-Mora", "Mora")
FRAGMENTS = ("maría", "ana", "AN", "ñ", "per", "pérez", "cruz", "o'b", "-mo", "nadie", "17", "9", "AB-1")
SEVERAL = (
    "pérez maría",
    "mar josé",
    "ana ana",
    "ana per",
    "cruz mora",
    "AN ñ",
    "lucía nadie",
    "luis mo o'b",
    "1 7",
)
INDEXED = "SELECT word, created_at, patient_id FROM patient_words"
TRUE = "SELECT word, created_at, patient_id FROM patients, words_of(full_name) AS word"


@pytest.fixture
def client(api):
    """Recepción, con pacientes de nombres parecidos."""
    names = Random(3)
    for number in range(30):
        passport = {"doc_type": "PASAPORTE", "doc_number": f"AB-1{number}"} if number % 5 == 0 else {}
        chosen = {"first_name": names.choice(FIRST), "last_name": names.choice(LAST)}
        factories.patient(is_active=number % 7 > 0, **chosen, **passport)
    return api("historia_clinica", role="Recepcion")


def plain(value):
    bare = "".join(c for c in unicodedata.normalize("NFD", value) if not unicodedata.combining(c))
    return bare.lower()


def wanted(client, fragment):
    everyone = client.get("/patients?per_page=100").json["data"]["patients"]
    return [
        patient["patient_id"]
        for patient in everyone
        if all(word in plain(patient["full_name"]) for word in plain(fragment).split())
        or patient["doc_number"].startswith((fragment.upper(), fragment.upper().replace(" ", "")))
    ]


@pytest.mark.parametrize("fragment", FRAGMENTS + SEVERAL)
@pytest.mark.parametrize("many", [search_queries.MANY, 0])
def test_every_fragment_finds_whom_it_should_in_order_and_counted(client, monkeypatch, fragment, many):
    monkeypatch.setattr(search_queries, "MANY", many)
    expected = wanted(client, fragment)
    pages, page = [], 1
    while rows := asked(client, search=fragment, page=page, per_page=4)["patients"]:
        pages += [row["patient_id"] for row in rows]
        page += 1
    assert pages == expected
    assert asked(client, search=fragment)["pagination"]["total"] == len(expected)
    active = [row["is_active"] for row in asked(client, search=fragment, is_active="true")["patients"]]
    assert all(active)


def asked(client, **query):
    response = client.get("/patients", query_string=query)
    assert response.status_code == 200, response.json
    return response.json["data"]


def test_the_index_follows_every_change_of_name(client):
    people = client.get("/patients?per_page=100").json["data"]["patients"]
    for patient in people[::3]:
        client.put(f"/patients/{patient['patient_id']}", {"first_name": "Zoila Zoila", "last_name": "Ana"})
    with transaction() as db:
        indexed, true = (set(db.execute(text(query)).all()) for query in (INDEXED, TRUE))
    assert indexed == true != set()
    assert asked(client, search="zoila")["pagination"]["total"] == len(people[::3])


def test_a_search_is_counted_up_to_a_limit(client, monkeypatch):
    for module in ("common.lists.listing", "historia_clinica_service.search_queries"):
        monkeypatch.setattr(f"{module}.COUNTED", 5)
    search_queries._pages.cache_clear()
    for fragment in ("a", "maría ana", "mar"):
        total = asked(client, search=fragment)["pagination"]["total"]
        assert total == min(5, len(asked(client, search=fragment, per_page=100)["patients"]))
    search_queries._pages.cache_clear()
