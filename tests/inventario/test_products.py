"""Productos: altas, cambios, listas y búsqueda."""

import pytest
from sqlalchemy import select

from common.database import reading
from common.tables.inventario import Product, StockMovement
from tests import factories


@pytest.fixture
def bodega(api):
    return api("inventario", role="Bodega")


def stored(product_id):
    with reading() as db:
        return db.execute(select(Product.__table__).where(Product.product_id == product_id)).mappings().one()


def errors_of(response):
    assert response.status_code == 422
    return {error["field"]: error["message"] for error in response.json["errors"]}


def ids(client, path):
    return [product["product_id"] for product in client.get(path).json["data"]["products"]]


def test_the_opening_stock_enters_with_a_movement(bodega):
    body = {"sku": "gua-1", "name": "Guantes", "cost_price": 0.25, "stock_quantity": 60}
    created = bodega.post("/products", body)
    assert created.status_code == 201
    product = created.json["data"]["product"]
    assert product["sku"] == "GUA-1"
    assert created.headers["Location"] == f"/api/inventario/products/{product['product_id']}"
    movements = bodega.get(f"/products/{product['product_id']}/movements").json["data"]["movements"]
    assert [(m["quantity"], m["balance_after"], m["reason"]) for m in movements] == [(60, 60, "INICIAL")]


def test_a_product_without_opening_stock_has_no_movement_and_the_usual_values(bodega):
    product = bodega.post("/products", {"sku": "GUA-2", "name": "Guantes"}).json["data"]["product"]
    assert (product["unit"], product["iva_rate"], product["min_stock_alert"]) == ("unidad", 15, 10)
    assert (product["stock_quantity"], product["is_low_stock"], product["is_active"]) == (0, True, True)
    with reading() as db:
        assert db.execute(select(StockMovement.movement_id)).all() == []


def test_every_problem_of_a_product_is_listed(bodega):
    body = {
        "name": "",
        "cost_price": -1,
        "sale_price": 1.999,
        "iva_rate": 12,
        "stock_quantity": "60",
        "min_stock_alert": 0.0001,
        "unit": "a\x00",
        "is_active": "si",
        "color": "azul",
    }
    problems = errors_of(bodega.post("/products", body))
    assert set(problems) == {*body, "sku"}
    assert problems["sale_price"] == "admite hasta 2 decimales"
    assert problems["stock_quantity"] == "debe ser un número"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
def test_what_is_not_a_number_is_refused(bodega, number):
    text = f'{{"sku": "A", "name": "B", "cost_price": {number}}}'
    refused = bodega.post("/products", data=text, headers={"Content-Type": "application/json"})
    assert refused.status_code in (400, 422)


def test_a_repeated_sku_is_refused_whatever_its_case(bodega):
    factories.product(sku="GUA-1")
    other = factories.product()
    for refused in (
        bodega.post("/products", {"sku": " gua-1 ", "name": "Otros"}),
        bodega.put(f"/products/{other}", {"sku": "gua-1"}),
    ):
        assert (refused.status_code, refused.json["code"]) == (409, "sku_duplicado")
        assert refused.json["errors"][0]["field"] == "sku"


def test_a_change_touches_only_the_keys_sent(bodega):
    product_id = factories.product(stock_quantity=7, description="Caja", category="Insumos", name="Guantes")
    changed = bodega.put(f"/products/{product_id}", {"sale_price": 3.5, "description": None})
    assert changed.json["data"]["product"]["sale_price"] == 3.5
    row = stored(product_id)
    assert (row["description"], row["category"], row["name"]) == (None, "Insumos", "Guantes")
    assert row["stock_quantity"] == 7


def test_stock_is_never_edited(bodega):
    product_id = factories.product(stock_quantity=7)
    body = {"stock_quantity": 100, "name": None}
    assert set(errors_of(bodega.put(f"/products/{product_id}", body))) == set(body)
    assert stored(product_id)["stock_quantity"] == 7


def test_a_product_that_does_not_exist_is_404(bodega):
    assert bodega.get("/products/99").status_code == 404
    assert bodega.put("/products/99", {"name": "Nada"}).status_code == 404
    assert bodega.get("/products/99/movements").status_code == 404
    move = {"quantity_change": 1, "reason": "COMPRA"}
    assert bodega.patch("/products/99/stock", move).status_code == 404
    assert bodega.get("/products/99999999999").status_code == 404


def test_the_list_comes_in_pages_newest_first(bodega):
    made = [factories.product() for _ in range(3)]
    data = bodega.get("/products?page=1&per_page=2").json["data"]
    assert [product["product_id"] for product in data["products"]] == made[:0:-1]
    assert data["pagination"] == {"page": 1, "per_page": 2, "total": 3, "pages": 2}
    assert bodega.get("/products?page=9").json["data"]["pagination"]["total"] == 3


def test_the_list_filters_by_category_activity_and_low_stock(bodega):
    low = factories.product(stock_quantity=10, category="Insumos")
    high = factories.product(stock_quantity=11, category="Venta")
    off = factories.product(is_active=False, category="Insumos")
    assert ids(bodega, "/products?category=Insumos") == [off, low]
    assert ids(bodega, "/products?category=insumos") == []
    assert ids(bodega, "/products") == [off, high, low]
    assert ids(bodega, "/products?is_active=false") == [off]
    assert ids(bodega, "/products?low_stock=true&is_active=true") == [low]
    assert ids(bodega, "/products?low_stock=false") == [high]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("algodon", ["algodón"]),
        ("nitrilo GUANTES", ["guantes"]),
        ("gua-7", ["guantes"]),
        ("%", ["alcohol"]),
        ("70%", ["alcohol"]),
        ("_", []),
        ("nada", []),
    ],
)
def test_search_finds_words_of_the_name_and_the_code_without_accents(bodega, search, names):
    made = {
        "guantes": factories.product(name="Guantes de nitrilo", sku="GUA-7"),
        "algodón": factories.product(name="Algodón", sku="ALG-1"),
        "alcohol": factories.product(name="Alcohol al 70%", sku="ALC-1"),
    }
    answer = bodega.get("/products", query_string={"search": search})
    found = [product["product_id"] for product in answer.json["data"]["products"]]
    assert found == [made[name] for name in names]


@pytest.mark.parametrize("query", ["low_stock=si", "page=x", "per_page=0", "colour=1", "search=a%00"])
def test_a_malformed_filter_is_refused(bodega, query):
    assert bodega.get(f"/products?{query}").status_code == 422


def test_low_stock_lists_the_active_products_at_their_minimum(bodega):
    gauze = factories.product(name="Gasa", stock_quantity=5, min_stock_alert=5)
    cotton = factories.product(name="Algodón", stock_quantity=0, min_stock_alert=0)
    factories.product(stock_quantity=6, min_stock_alert=5)
    factories.product(is_active=False)
    data = bodega.get("/products/low-stock").json["data"]
    assert [product["product_id"] for product in data["products"]] == [cotton, gauze]
    assert data["count"] == 2


ROLES = ["Admin", "Doctor", "Recepcion", "Bodega", "Contador", "Usuario"]
WRITERS = {"Admin", "Bodega"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/products", {*ROLES} - {"Usuario"}),
        ("GET", "/products/low-stock", {*ROLES} - {"Usuario"}),
        ("GET", "/products/9", {*ROLES} - {"Usuario"}),
        ("GET", "/products/9/movements", {*ROLES} - {"Usuario"}),
        ("POST", "/products", WRITERS),
        ("PUT", "/products/9", WRITERS),
        ("PATCH", "/products/9/stock", WRITERS),
    ],
)
def test_each_product_route_is_for_its_roles(api, method, path, allowed):
    def is_allowed(role):
        return api("inventario", role=role).request(method, path).status_code != 403

    assert {role for role in ROLES if is_allowed(role)} == allowed
    assert api("inventario", role=None).request(method, path).status_code == 401
