"""Encontrar pacientes: por nombre, por documento y por páginas."""

import pytest

from tests import factories


@pytest.fixture
def people():
    return {
        "jose": factories.patient(
            first_name="José María", last_name="Ñandú Pérez", doc_type="PASAPORTE", doc_number="AB-123"
        ),
        "maria": factories.patient(
            first_name="Maria", last_name="Perez", doc_type="PASAPORTE", doc_number="AB123"
        ),
        "percent": factories.patient(first_name="100%", last_name="Real_Uno", doc_number="1710034065"),
    }


def found(api, search, **filters):
    answer = api("historia_clinica", role="Recepcion").get(
        "/patients", query_string={"search": search, **filters}
    )
    assert answer.status_code == 200
    return [row["patient_id"] for row in answer.json["data"]["patients"]]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("PEREZ jose", ["jose"]),
        ("ñandu", ["jose"]),
        ("pérez maría", ["maria", "jose"]),
        ("  ", ["percent", "maria", "jose"]),
        ("%", ["percent"]),
        ("_", ["percent"]),
        ("\\", []),
        ("l_u", ["percent"]),
        ("17100340", ["percent"]),
        ("171003406-5", ["percent"]),
        ("7100", []),
        ("ab", ["maria", "jose"]),
        ("ab-1", ["maria", "jose"]),
        ("-", []),
        ("nadie perez", []),
    ],
)
def test_search_finds_words_in_any_order_and_document_prefixes(api, people, search, names):
    assert found(api, search) == [people[name] for name in names]


def test_search_refuses_a_nul_byte(api):
    assert api("historia_clinica").get("/patients?search=a%00b").status_code == 422
    assert api("historia_clinica").get("/patients/search?cedula=1%00").status_code == 422


def test_the_list_comes_in_pages_newest_first(api):
    ids = [factories.patient() for _ in range(5)]
    data = api("historia_clinica").get("/patients?page=2&per_page=2").json["data"]
    assert [row["patient_id"] for row in data["patients"]] == [ids[2], ids[1]]
    assert data["pagination"] == {"page": 2, "per_page": 2, "total": 5, "pages": 3}


def test_the_list_filters_by_active(api):
    active, inactive = factories.patient(), factories.patient(is_active=False)
    assert found(api, "", is_active="true") == [active]
    assert found(api, "", is_active="false") == [inactive]


@pytest.mark.parametrize("query", ["page=0", "per_page=101", "is_active=si", "color=azul", "page=1&page=2"])
def test_a_malformed_filter_is_refused(api, query):
    assert api("historia_clinica").get(f"/patients?{query}").status_code == 422


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("cedula=1710034065", "percent"),
        ("cedula=171003406-5", "percent"),
        ("doc_number=1710034065", "percent"),
        ("doc_number=ab-123", "jose"),
        ("doc_number=ab123", "maria"),
        ("doc_number=171003406", None),
        ("doc_number=%25", None),
    ],
)
def test_a_document_finds_its_patient_or_null(api, people, query, name):
    answer = api("historia_clinica", role="Recepcion").get(f"/patients/search?{query}")
    assert answer.status_code == 200
    patient = answer.json["data"]["patient"]
    assert (patient and patient["patient_id"]) == people.get(name)


@pytest.mark.parametrize("query", ["", "?cedula=1&doc_number=1", "?cedula=", "?name=Ana"])
def test_a_document_search_needs_exactly_one_document(api, query):
    assert api("historia_clinica").get(f"/patients/search{query}").status_code == 422
