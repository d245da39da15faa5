"""Productos y kardex como archivo."""

import csv
import io

import pytest
from openpyxl import load_workbook

from tests import factories


@pytest.fixture
def bodega(api):
    return api("inventario", role="Bodega")


def table(response):
    assert response.status_code == 200, response.json
    text = response.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_products_of_a_filter_leave_as_csv(bodega):
    factories.product(stock_quantity="2.5", name="Gasa", category="Insumos", cost_price="1.20")
    factories.product(name="Crema")
    response = bodega.get("/products?format=csv&search=gasa")
    (row,) = table(response)
    assert (row["Nombre"], row["Existencia"], row["Costo"], row["Queda poco"]) == (
        "Gasa",
        "2.5",
        "1.20",
        "sí",
    )
    assert 'filename="productos-' in response.headers["Content-Disposition"]


def test_a_name_that_looks_like_a_formula_is_harmless(bodega):
    factories.product(name='=HYPERLINK("http://x","y")')
    (row,) = table(bodega.get("/products?format=csv"))
    assert row["Nombre"].startswith("'=")
    book = load_workbook(io.BytesIO(bodega.get("/products?format=xlsx").get_data()))
    assert [cell.data_type for cell in book.active[2]].count("f") == 0


def test_the_whole_kardex_leaves(bodega):
    product = factories.product(stock_quantity=100)
    path = f"/products/{product}"
    for _ in range(25):
        bodega.patch(f"{path}/stock", {"quantity_change": -1, "reason": "MERMA", "note": "Se rompió"})
    response = bodega.get(f"{path}/movements?format=csv&per_page=1")
    rows = table(response)
    assert [row["Saldo"] for row in rows] == [str(balance) for balance in range(75, 101)]
    assert (rows[0]["Cantidad"], rows[0]["Costo total"], rows[0]["Nota"]) == ("-1", "-1.00", "Se rompió")
    assert f'filename="kardex-{product}-' in response.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(bodega.get(f"{path}/movements?format=xlsx").get_data()))
    assert book.active.max_row == 27


def test_the_kardex_of_nothing_is_not_found(bodega):
    assert bodega.get("/products/999/movements?format=csv").status_code == 404


@pytest.mark.parametrize("path", ["/products", "/products/1/movements"])
def test_an_unknown_format_is_refused(bodega, path):
    refused = bodega.get(f"{path}?format=ods")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "format")


@pytest.mark.parametrize("role", ["Usuario", None])
def test_a_file_asks_for_the_same_permission_as_the_list(api, role):
    assert api("inventario", role=role).get("/products?format=csv").status_code in (401, 403)
