"""Productos: altas, cambios y existencias."""

from tests import factories


def test_the_opening_stock_enters_with_a_movement(api):
    bodega = api("inventario", role="Bodega")
    body = {"sku": "gua-1", "name": "Guantes", "cost_price": 0.25, "stock_quantity": 60}
    created = bodega.post("/products", body)
    assert created.status_code == 201
    product = created.json["data"]["product"]
    assert product["sku"] == "GUA-1"
    assert created.headers["Location"] == f"/api/inventario/products/{product['product_id']}"
    movements = bodega.get(f"/products/{product['product_id']}/movements").json["data"]["movements"]
    assert [(m["quantity"], m["balance_after"], m["reason"]) for m in movements] == [(60, 60, "INICIAL")]


def test_stock_never_goes_below_zero(api):
    product_id = factories.product(stock_quantity=5)
    bodega = api("inventario", role="Bodega")
    refused = bodega.patch(f"/products/{product_id}/stock", {"quantity_change": -6, "reason": "MERMA"})
    assert refused.status_code == 409
    assert refused.json["code"] == "stock_insuficiente"
    assert bodega.get(f"/products/{product_id}").json["data"]["product"]["stock_quantity"] == 5
