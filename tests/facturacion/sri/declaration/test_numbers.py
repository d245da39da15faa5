"""Los números de cada serie: cuáles faltan, cuáles no se utilizaron y cuáles se anularon."""

import pytest

from tests import factories
from tests.facturacion.sri.declaration.books import (
    annul,
    bill,
    book,
    credit,
    go_live,
    open_series,
    raise_counter,
    records,
    table,
)

PATH = "/reports/sri-sequences"


@pytest.fixture
def accountant(api):
    """Contabilidad de una clínica que emite comprobantes de verdad."""
    factories.sri_settings(environment="PRODUCCION")
    return api("facturacion", role="Contador")


def found(client, query=""):
    response = client.get(f"{PATH}?{query}")
    assert response.status_code == 200, response.json
    return response.json["data"]


def numbers(client, query=""):
    """Qué pasó con qué números."""
    rows = found(client, query)["numbers"]
    return [(row["kind"], row["from_number"][-3:], row["to_number"][-3:]) for row in rows]


def counts(row):
    return tuple(row[f"{name}_count"] for name in ("used", "unused", "annulled", "missing"))


def rejected(invoice):
    """Una factura cuyo comprobante rechazó el SRI."""
    document_id = invoice["sri"]["document_id"]
    factories.sri_document_status(document_id, "FIRMADO", "ENVIADO", "DEVUELTO")
    return document_id


def test_a_clinic_without_invoices_has_no_series(accountant):
    assert found(accountant) == {
        "sequences": [],
        "numbers": [],
        "pagination": {"page": 1, "per_page": 20, "total": 0, "pages": 0},
    }


def test_in_normal_work_no_number_is_missing(accountant):
    first = bill(accountant, (10, 0))
    bill(accountant, (20, 15))
    factories.authorized(first["sri"]["document_id"])
    credit(accountant, first)
    series = found(accountant)["sequences"]
    assert [(row["doc_code"], row["last_number"], counts(row)) for row in series] == [
        ("01", 2, (2, 0, 0, 0)),
        ("04", 1, (1, 0, 0, 0)),
    ]
    assert (series[0]["environment"], series[0]["series"], series[0]["first_number"]) == (
        "PRODUCCION",
        "001-001",
        1,
    )
    assert numbers(accountant) == []


def test_a_series_that_comes_from_another_system_starts_after_its_first_numbers(accountant):
    raise_counter(500)
    bill(accountant, (10, 0))
    assert numbers(accountant) == [("SALTO_INICIAL", "001", "500")]
    (series,) = found(accountant)["sequences"]
    assert (series["first_number"], series["last_number"], counts(series)) == (501, 501, (1, 0, 0, 500))


def test_numbers_skipped_between_two_are_a_gap(accountant):
    bill(accountant, (10, 0))
    raise_counter(7)
    bill(accountant, (10, 0))
    bill(accountant, (10, 0))
    (gap,) = found(accountant)["numbers"]
    assert gap | {"issue_date": None} == {
        "environment": "PRODUCCION",
        "doc_code": "01",
        "series": "001-001",
        "kind": "SALTO",
        "from_number": "001-001-000000002",
        "to_number": "001-001-000000007",
        "number_count": 6,
        "issue_date": None,
        "access_key": None,
        "sri_status": None,
        "reason": None,
        "recorded_at": None,
    }


def test_numbers_the_counter_passed_and_nobody_used_are_a_gap_at_the_end(accountant):
    bill(accountant, (10, 0))
    raise_counter(3)
    assert numbers(accountant) == [("SALTO_FINAL", "002", "003")]
    (series,) = found(accountant)["sequences"]
    assert (series["last_number"], counts(series)) == (3, (1, 0, 0, 2))


def test_a_counter_without_any_document_is_all_gap(accountant):
    raise_counter(2, series="001-005", doc_code="04")
    assert numbers(accountant) == [("SALTO_FINAL", "001", "002")]
    (series,) = found(accountant)["sequences"]
    assert (series["doc_code"], series["first_number"], counts(series)) == ("04", None, (0, 0, 0, 2))


def test_a_renumbered_invoice_leaves_an_unused_number_with_its_reason(accountant):
    invoice = bill(accountant, (10, 0))
    document_id = rejected(invoice)
    path = f"/sri/documents/{document_id}/renumber"
    response = accountant.post(path, {"reason": "Secuencial registrado"})
    assert response.status_code < 300, response.json
    (row,) = found(accountant)["numbers"]
    assert (row["kind"], row["from_number"], row["to_number"], row["number_count"]) == (
        "NO_UTILIZADO",
        invoice["invoice_number"],
        invoice["invoice_number"],
        1,
    )
    assert (row["access_key"], row["reason"], row["sri_status"]) == (
        invoice["sri"]["access_key"],
        "Secuencial registrado",
        "DEVUELTO",
    )
    assert row["recorded_at"]
    (series,) = found(accountant)["sequences"]
    assert (series["last_number"], counts(series)) == (2, (1, 1, 0, 0))


def test_an_annulled_invoice_keeps_its_number_and_is_counted_once(accountant):
    invoice = bill(accountant, (10, 0))
    annul(accountant, invoice, "Cobro duplicado")
    (row,) = found(accountant)["numbers"]
    assert (row["kind"], row["from_number"], row["reason"]) == (
        "ANULADO",
        invoice["invoice_number"],
        "Cobro duplicado",
    )
    (series,) = found(accountant)["sequences"]
    assert (series["last_number"], counts(series)) == (1, (1, 0, 1, 0))


def test_an_annulled_credit_note_is_listed_too(accountant):
    invoice = bill(accountant, (10, 0))
    factories.authorized(invoice["sri"]["document_id"])
    note = credit(accountant, invoice, 4)
    path = f"/credit-notes/{note['credit_note_id']}/status"
    response = accountant.patch(path, {"status": "ANNULLED", "reason": "No se aceptó"})
    assert response.status_code == 200, response.json
    (row,) = found(accountant)["numbers"]
    assert (row["doc_code"], row["kind"], row["reason"]) == ("04", "ANULADO", "No se aceptó")


def test_without_electronic_documents_it_works_the_same(api):
    client = api("facturacion", role="Contador")
    annul(client, bill(client, (10, 0)))
    raise_counter(4)
    bill(client, (10, 0))
    assert numbers(client) == [("ANULADO", "001", "001"), ("SALTO", "002", "004")]


def test_each_series_has_its_own_numbers(accountant):
    open_series("002", "010")
    bill(accountant, (10, 0))
    bill(accountant, (10, 0), series="002-010")
    assert [(row["series"], row["last_number"]) for row in found(accountant)["sequences"]] == [
        ("001-001", 1),
        ("002-010", 1),
    ]
    assert numbers(accountant) == []


def test_the_trials_have_their_own_numbers(api):
    factories.sri_settings()
    client = api("facturacion", role="Contador")
    annul(client, bill(client, (10, 0)))
    bill(client, (10, 0))
    go_live()
    bill(client, (10, 0))
    assert [(row["environment"], row["last_number"]) for row in found(client)["sequences"]] == [
        ("PRODUCCION", 1),
        ("PRUEBAS", 2),
    ]
    assert numbers(client, "environment=PRODUCCION") == []
    assert numbers(client, "environment=PRUEBAS") == [("ANULADO", "001", "001")]


def test_only_the_document_asked_for_is_listed(accountant):
    raise_counter(3)
    raise_counter(5, doc_code="04")
    for code, last in (("01", "003"), ("04", "005")):
        assert numbers(accountant, f"doc_code={code}") == [("SALTO_FINAL", "001", last)]
        assert [row["doc_code"] for row in found(accountant, f"doc_code={code}")["sequences"]] == [code]


def test_the_list_comes_in_pages_and_leaves_whole(accountant):
    for _ in range(3):
        annul(accountant, bill(accountant, (10, 0)), "=1+1")
    page = found(accountant, "per_page=2&page=2")
    assert ([row["from_number"][-1] for row in page["numbers"]], page["pagination"]["total"]) == (["3"], 3)
    rows = table(accountant.get(f"{PATH}?per_page=2&page=2&format=csv"))
    assert [(row["Documento"], row["Qué pasó"], row["Motivo"]) for row in rows] == [
        ("Factura", "Anulado", "'=1+1")
    ] * 3
    sheet = records(book(accountant.get(f"{PATH}?format=xlsx").get_data())["Datos"])
    assert [row["Desde"][-1] for row in sheet] == ["1", "2", "3"]


@pytest.mark.parametrize("query", ["environment=pruebas", "doc_code=1", "doc_code=07", "serie=001"])
def test_a_filter_that_does_not_exist_is_refused(accountant, query):
    refused = accountant.get(f"{PATH}?{query}")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, query.partition("=")[0])
