"""Las ventas para el SRI: por tarifa, en el formulario 104 y una por una; suman lo mismo que el tablero."""

from typing import get_args

import pytest

from common.lists.exports import XLSX
from common.web.field_numbers import IvaRate
from facturacion_service.sri.declaration.queries import BASES
from tests import factories
from tests.facturacion.sri.declaration.books import (
    annul,
    bill,
    book,
    credit,
    dashboard,
    go_live,
    on,
    open_series,
    records,
    table,
)

MARCH = "date_from=2026-03-01&date_to=2026-03-31"
APRIL = "date_from=2026-04-01&date_to=2026-04-30"


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


@pytest.fixture
def issuer_client(api):
    """Contabilidad de una clínica que emite comprobantes de verdad."""
    factories.sri_settings(environment="PRODUCCION")
    return api("facturacion", role="Contador")


def report(client, query=MARCH):
    response = client.get(f"/reports/sales-by-rate?{query}")
    assert response.status_code == 200, response.json
    return response.json["data"]["report"]


def rate(found, iva_rate):
    return next(row for row in found["rates"] if row["iva_rate"] == iva_rate)


def boxes(found):
    return {box["box"]: box["value"] for box in found["form_104"] if box["value"]}


def sales(client, query=MARCH):
    response = client.get(f"/reports/sales-book?{query}")
    assert response.status_code == 200, response.json
    return response.json["data"]["sales"]


def busy_quarter(client):
    """Ventas con centavos difíciles, notas del mismo mes y de otro, anuladas y borradores."""
    with on(5):
        odd = bill(client, (1.10, 15), (1.10, 15), (1.10, 15))
        mixed = bill(client, (40.70, 0), (55, 15))
        bill(client, (0.03, 15))
        bill(client, (99, 15), status="DRAFT")
        annul(client, bill(client, (500, 15), (100, 0)))
    with on(20):
        credit(client, odd, 0.37, 0.33, 0.01)
        credit(client, mixed, 10.05, 0.11)
    with on(2, month=4):
        bill(client, (12.34, 0))
        credit(client, mixed)
        credit(client, odd, 0.7, 0.5, 0.5)


def test_the_rates_add_up_to_the_dashboard_to_the_cent(accountant):
    busy_quarter(accountant)
    with on(30, month=4):
        for query in (MARCH, APRIL, "date_from=2026-03-01&date_to=2026-04-30"):
            found, metrics = report(accountant, query), dashboard(accountant, query)
            rates = found["rates"]
            for key, figure in (("net_base", "total_income"), ("net_iva", "iva_collected")):
                total = found["totals"][key]
                assert round(sum(row[key] for row in rates), 2) == total == metrics[figure], (query, key)
            assert found["totals"]["invoice_count"] == metrics["invoice_count"]


def test_the_form_adds_up_to_the_dashboard_too(accountant):
    busy_quarter(accountant)
    for query in (MARCH, APRIL):
        values, metrics = boxes(report(accountant, query)), dashboard(accountant, query)
        assert (values["419"], values.get("429", 0)) == (metrics["total_income"], metrics["iva_collected"])


def test_each_rate_says_what_was_sold_and_what_was_credited(accountant):
    busy_quarter(accountant)
    found = report(accountant)
    assert rate(found, 0) == {
        "iva_rate": 0,
        "base": 40.7,
        "iva": 0,
        "invoice_count": 1,
        "credit_base": 10.05,
        "credit_iva": 0,
        "credit_note_count": 1,
        "net_base": 30.65,
        "net_iva": 0,
    }
    taxed = rate(found, 15)
    # 3.30, 55.00 y 0.03 al 15 %, cada factura redondeada aparte: 0.50 + 8.25 + 0.00.
    assert (taxed["base"], taxed["iva"], taxed["invoice_count"]) == (58.33, 8.75, 3)
    assert (taxed["credit_base"], taxed["credit_note_count"]) == (0.82, 2)
    # Una factura con dos tarifas está en las dos, pero es una sola.
    assert (found["totals"]["invoice_count"], found["totals"]["credit_note_count"]) == (3, 2)


def test_the_boxes_of_the_form_are_filled_by_rate(accountant):
    busy_quarter(accountant)
    found = report(accountant)
    taxed, zero = rate(found, 15), rate(found, 0)
    assert boxes(found) == {
        "401": 58.33,
        "411": taxed["net_base"],
        "421": taxed["net_iva"],
        "403": 40.7,
        "413": zero["net_base"],
        "409": 99.03,
        "419": found["totals"]["net_base"],
        "429": found["totals"]["net_iva"],
    }
    assert found["form_104"][0]["description"].endswith("gravadas tarifa diferente de cero: valor bruto")


def test_a_credit_note_subtracts_in_the_month_it_was_issued(accountant):
    with on(5):
        sold = bill(accountant, (100, 15))
    with on(2, month=4):
        credit(accountant, sold)
        assert rate(report(accountant, MARCH), 15)["net_base"] == 100
        assert rate(report(accountant, APRIL), 15) == {
            "iva_rate": 15,
            "base": 0,
            "iva": 0,
            "invoice_count": 0,
            "credit_base": 100,
            "credit_iva": 15,
            "credit_note_count": 1,
            "net_base": -100,
            "net_iva": -15,
        }


def test_a_period_without_sales_has_both_rates_in_zero(accountant):
    found = report(accountant)
    assert [(row["iva_rate"], row["net_base"]) for row in found["rates"]] == [(0, 0), (15, 0)]
    assert boxes(found) == {}


def test_the_period_is_the_month_of_today_if_none_is_asked(accountant):
    with on(10, month=2):
        period = {"date_from": "2026-02-01", "date_to": "2026-02-28"}
        assert report(accountant, "")["period"] == period
        assert accountant.get("/reports/sales-book").json["data"]["period"] == period


def test_one_series_counts_only_its_own(api):
    factories.sri_settings(environment="PRODUCCION")
    open_series("002", "010")
    client = api("facturacion", role="Contador")
    with on(5):
        credit_of = bill(client, (30, 0))
        bill(client, (50, 15), series="002-010")
        factories.authorized(credit_of["sri"]["document_id"])
        credit(client, credit_of, 10)
        for query, base in (
            ("establishment=001", 20),
            ("establishment=002&emission_point=010", 50),
            ("emission_point=010", 50),
            ("establishment=001&emission_point=010", 0),
            ("", 70),
        ):
            assert report(client, f"{MARCH}&{query}")["totals"]["net_base"] == base, query


@pytest.mark.parametrize("value", ["1", "0001", "abc", "", "٠٠١"])
@pytest.mark.parametrize("name", ["establishment", "emission_point"])
def test_a_series_that_is_not_three_digits_is_refused(accountant, name, value):
    refused = accountant.get("/reports/sales-by-rate", query_string={name: value})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, name)


def test_the_rates_leave_as_files_with_their_total(accountant):
    busy_quarter(accountant)
    response = accountant.get(f"/reports/sales-by-rate?{MARCH}&format=csv")
    rows = table(response)
    assert [row["Tarifa"] for row in rows] == ["0 %", "15 %", "Total"]
    assert (rows[1]["Base facturada"], rows[1]["IVA facturado"], rows[1]["Facturas"]) == (
        "58.33",
        "8.75",
        "3",
    )
    response = accountant.get(f"/reports/sales-by-rate?{MARCH}&format=xlsx")
    assert response.content_type == XLSX
    found = book(response.get_data())
    assert [row["Base facturada"] for row in records(found["Por tarifa"])] == [40.7, 58.33, 99.03]
    form = {row["Casilla"]: row["Valor"] for row in records(found["Formulario 104"])}
    assert (form["401"], form["403"], form["431"]) == (58.33, 40.7, 0)


def test_the_book_has_one_invoice_per_row_in_order(issuer_client):
    with on(6):
        second = bill(issuer_client, (10, 15), status="DRAFT")
    with on(5):
        first = bill(issuer_client, (40.70, 0), (55, 15))
    with on(6):
        path = f"/invoices/{second['invoice_id']}/status"
        assert issuer_client.patch(path, {"status": "ISSUED"}).status_code == 200
        factories.authorized(first["sri"]["document_id"])
        one, two = sales(issuer_client)
    assert one == {
        "issue_date": "2026-03-05",
        "number": "001-001-000000001",
        "access_key": first["sri"]["access_key"],
        "buyer_id_type": "CEDULA",
        "buyer_id_number": "1712345675",
        "buyer_name": "Ana Pérez",
        "base_0": 40.7,
        "base_15": 55,
        "base_not_subject": 0,
        "base_exempt": 0,
        "iva_amount": 8.25,
        "total_amount": 103.95,
        "status": "ISSUED",
        "sri_status": "AUTORIZADO",
        "environment": "PRODUCCION",
    }
    assert (two["number"], two["sri_status"]) == ("001-001-000000002", "PENDIENTE")


def test_an_annulled_invoice_keeps_its_row_and_sells_nothing(accountant):
    busy_quarter(accountant)
    rows = sales(accountant)
    (gone,) = (row for row in rows if row["status"] == "ANNULLED")
    assert [gone[key] for key in ("base_0", "base_15", "iva_amount", "total_amount")] == [0, 0, 0, 0]
    assert [row["number"][-1] for row in rows] == ["1", "2", "3", "4"]


def test_the_book_adds_up_to_what_was_sold(accountant):
    busy_quarter(accountant)
    rows, found = sales(accountant), report(accountant)
    for key, iva_rate in (("base_0", 0), ("base_15", 15)):
        assert round(sum(row[key] for row in rows), 2) == rate(found, iva_rate)["base"]
    assert round(sum(row["iva_amount"] for row in rows), 2) == found["totals"]["iva"]


def test_every_rate_that_can_be_sold_has_its_column():
    literal, *_ = get_args(IvaRate)
    assert set(BASES.values()) == set(get_args(literal))


def test_the_book_comes_in_pages_and_leaves_whole(accountant):
    busy_quarter(accountant)
    page = accountant.get(f"/reports/sales-book?{MARCH}&per_page=3&page=2").json["data"]
    assert (len(page["sales"]), page["pagination"]["total"]) == (1, 4)
    rows = table(accountant.get(f"/reports/sales-book?{MARCH}&per_page=3&page=2&format=csv"))
    assert [row["Estado"] for row in rows] == ["Emitida", "Emitida", "Emitida", "Anulada"]
    assert rows[1]["Base 0 %"] + rows[1]["Base 15 %"] + rows[1]["Total"] == "40.7055.00103.95"
    assert rows[3]["Total"] == "0.00"


@pytest.mark.parametrize("name", ['=cmd|"/c calc"!A1', "+593", "-2+3", "@SUM(A1)"])
def test_a_buyer_cannot_write_a_formula(accountant, name):
    with on(5):
        bill(accountant, (10, 0), buyer={"id_type": "PASAPORTE", "id_number": "AB123", "name": name})
    query = f"/reports/sales-book?{MARCH}&format="
    assert table(accountant.get(f"{query}csv"))[0]["Comprador"] == f"'{name}"
    (row,) = records(book(accountant.get(f"{query}xlsx").get_data())["Datos"])
    assert row["Comprador"] == f"'{name}"


def test_what_was_issued_in_trials_leaves_the_books_once_it_is_for_real(api):
    factories.sri_settings()
    client = api("facturacion", role="Admin")
    with on(5):
        bill(client, (10, 15))
        assert (report(client)["totals"]["base"], sales(client)[0]["environment"]) == (10, "PRUEBAS")
        go_live()
        assert (report(client)["totals"]["base"], sales(client)) == (0, [])
        bill(client, (20, 15))
        assert (report(client)["totals"]["base"], sales(client)[0]["environment"]) == (20, "PRODUCCION")


@pytest.mark.parametrize("path", ["sales-by-rate", "sales-book"])
def test_a_period_that_ends_before_it_starts_is_refused(accountant, path):
    refused = accountant.get(f"/reports/{path}?date_from=2026-05-02&date_to=2026-05-01")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "date_to")
