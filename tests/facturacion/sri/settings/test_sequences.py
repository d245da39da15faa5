"""La numeración de quien viene de otro sistema."""

import pytest
from sqlalchemy import select

from common.database import fetch_all, reading, transaction
from common.tables.platform import AuditLog
from facturacion_service.ledger.numbering import next_number
from facturacion_service.sri.xml.documents import FACTURA, Series
from scripts.trials.at_once import at_once
from tests import factories
from tests.facturacion.issuer import put

SERIES = {"doc_code": "01", "establishment": "001", "emission_point": "001"}


@pytest.fixture
def accountant(api):
    """Contabilidad, con los datos del emisor ya puestos."""
    client = api("facturacion", role="Contador")
    put(client)
    return client


def advance(client, number, environment="PRODUCCION", **values):
    return client.put(
        "/sri/sequences", {**SERIES, "environment": environment, "last_number": number, **values}
    )


def sequences(client):
    return client.get("/sri/sequences").json["data"]["sequences"]


SALE = {
    "buyer": factories.BUYER,
    "items": [{"description": "Consulta", "unit_price": 30}],
    "status": "ISSUED",
}


def issued(api):
    return api("facturacion").post("/invoices", SALE).json["data"]["invoice"]


def taken(*, is_test):
    with transaction() as db:
        return next_number(db, FACTURA, Series("001", "001"), is_test=is_test)


@pytest.mark.parametrize(("environment", "is_test"), [("PRODUCCION", False), ("PRUEBAS", True)])
def test_the_next_number_follows_the_one_of_the_former_system(accountant, environment, is_test):
    done = advance(accountant, 4812, environment)
    row = {**SERIES, "environment": environment, "last_number": 4812, "is_registered": True}
    assert (done.status_code, done.json["data"]["sequence"]) == (200, row)
    assert sequences(accountant) == [row]
    assert (taken(is_test=is_test), taken(is_test=not is_test)) == (4813, 1)


@pytest.mark.parametrize("number", [1, 9, 10])
def test_it_never_goes_back_once_a_number_was_used(accountant, api, number):
    advance(accountant, 9, "PRUEBAS")
    issued(api)
    refused = advance(accountant, number, "PRUEBAS")
    assert (refused.status_code, refused.json["code"]) == (409, "secuencia_menor")
    assert refused.json["data"] == {"last_number": 10}
    assert issued(api)["invoice_number"] == "001-001-000000011"


def test_a_number_written_wrong_is_corrected_while_none_was_used(accountant, api):
    advance(accountant, 999_999_998, "PRUEBAS")
    assert advance(accountant, 98, "PRUEBAS").status_code == 200
    assert issued(api)["invoice_number"] == "001-001-000000099"


def test_a_series_without_numbers_left_says_so(accountant, api):
    advance(accountant, 999_999_998, "PRUEBAS")
    assert issued(api)["invoice_number"] == "001-001-999999999"
    refused = api("facturacion").post("/invoices", SALE)
    assert (refused.status_code, refused.json["code"]) == (409, "serie_agotada")
    problems = accountant.get("/sri/preflight").json["data"]["problems"]
    assert ("serie_agotada", True) in [(problem["code"], problem["blocking"]) for problem in problems]


@pytest.mark.parametrize("number", [0, -1, 999_999_999, "10", 1.5, None, True])
def test_the_number_leaves_room_for_the_next_one(accountant, number):
    refused = advance(accountant, number)
    assert [error["field"] for error in refused.json["errors"]] == ["last_number"]
    assert sequences(accountant) == []


@pytest.mark.parametrize("series", [{"establishment": "002"}, {"emission_point": "002"}])
def test_only_a_registered_series_is_advanced(accountant, series):
    refused = advance(accountant, 10, **series)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json["errors"]] == ["establishment", "emission_point"]


def test_a_series_that_is_no_longer_used_stays_in_the_list(accountant):
    two = {"establishment": "002", "address": "Mall", "emission_points": ["001"]}
    one = {"establishment": "001", "address": "Matriz", "emission_points": ["001"]}
    accountant.put("/sri/settings", {"establishments": [one, two]})
    advance(accountant, 7, doc_code="04", establishment="002")
    accountant.put("/sri/settings", {"establishments": [one]})
    assert [(row["doc_code"], row["is_registered"]) for row in sequences(accountant)] == [("04", False)]


def test_numbers_taken_meanwhile_are_not_repeated(accountant):
    advance(accountant, 100)
    calls = [lambda: taken(is_test=False) for _ in range(6)]
    calls.insert(3, lambda: advance(accountant, 500).status_code)
    numbers = [number for number in at_once(calls) if number != 200]
    assert len(set(numbers)) == 6
    assert taken(is_test=False) == max([*numbers, 500]) + 1


def test_it_stays_in_the_audit_with_what_it_was(accountant):
    advance(accountant, 10)
    advance(accountant, 25)
    with reading() as db:
        rows = fetch_all(db, select(AuditLog.entity, AuditLog.details).order_by(AuditLog.audit_id))
    assert [row["entity"] for row in rows] == ["sri_settings", "invoice_sequences", "invoice_sequences"]
    assert [(row["details"]["former"], row["details"]["last_number"]) for row in rows[1:]] == [
        (0, 10),
        (10, 25),
    ]
