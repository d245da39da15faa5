"""Las rutas de productos y de su kardex."""

from typing import Annotated

from flask import Response

from common.auth_middleware import current_user, require
from common.database import reading, snapshot, transaction
from common.lists.exports import FILES, export, streamed
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, conditional, json_body, query_string
from common.web.field_words import Says
from common.web.idempotency import idempotent
from common.web.schemas import In, Pagination, Payload
from common.web.versions import Expected
from inventario_service import models, operations
from inventario_service.schemas import (
    MOVEMENT_TITLES,
    PRODUCT_TITLES,
    PRODUCT_VERSION,
    MovementOut,
    MovementQuery,
    ProductIn,
    ProductOut,
    ProductPatch,
    ProductQuery,
    StockIn,
)

bp = Resource("products", __name__, Tag("Productos", "Productos y su kardex."))


@bp.get("/products")
@require(Permission.PRODUCTS_READ)
@query_string(ProductQuery)
@answers(products=list[ProductOut], pagination=Pagination, files=FILES)
def list_products(query: ProductQuery) -> Payload | Response:
    """Lista los productos, los más nuevos primero

    Con `format=csv` o `xlsx`, un archivo con todos los del filtro.
    """
    if query.format != "json":
        with snapshot() as db:
            rows = streamed(db, models.PRODUCTS.rows(query))
            return export(query.format, "productos", PRODUCT_TITLES, rows)
    with reading() as db:
        return models.PRODUCTS.page(db, query)


@bp.get("/products/low-stock")
@require(Permission.PRODUCTS_READ)
@answers(products=list[ProductOut], count=Annotated[int, Says(example=1)])
def list_low_stock() -> Payload:
    """Lista los productos activos a los que les queda poco"""
    with reading() as db:
        products = models.low_stock(db)
    return {"products": products, "count": len(products)}


@bp.get("/products/<int:product_id>")
@require(Permission.PRODUCTS_READ)
@answers(product=ProductOut, versioned=PRODUCT_VERSION)
def get_product(product_id: int) -> Payload:
    """Muestra un producto"""
    with reading() as db:
        return {"product": models.product(db, product_id)}


@bp.post("/products")
@require(Permission.PRODUCTS_WRITE)
@idempotent
@json_body(ProductIn)
@answers(
    status=201,
    location="/api/inventario/products/{product[product_id]}",
    versioned=PRODUCT_VERSION,
    product=ProductOut,
)
def create_product(body: ProductIn) -> Payload:
    """Crea un producto; su existencia inicial entra con un movimiento"""
    with transaction() as db:
        product = operations.create_product(db, body, user=current_user())
        return {"product": models.product(db, product.product_id)}


@bp.put("/products/<int:product_id>")
@require(Permission.PRODUCTS_WRITE)
@conditional
@json_body(ProductPatch)
@answers(product=ProductOut, versioned=PRODUCT_VERSION)
def change_product(product_id: int, body: In, expected: Expected) -> Payload:
    """Cambia los datos de un producto; la existencia solo cambia con movimientos"""
    with transaction() as db:
        operations.change_product(db, product_id, body.changes(), expected)
        return {"product": models.product(db, product_id)}


@bp.patch("/products/<int:product_id>/stock")
@require(Permission.STOCK_WRITE)
@idempotent
@json_body(StockIn)
@answers(product=ProductOut, movement=MovementOut)
def move_stock(product_id: int, body: StockIn) -> Payload:
    """Registra una entrada o salida de inventario

    La existencia nunca baja de cero: si no alcanza, 409 `stock_insuficiente` y nada cambia.
    """
    with transaction() as db:
        movement_id = operations.move_stock(db, product_id, body, user=current_user())
        return models.moved(db, product_id, movement_id)


@bp.get("/products/<int:product_id>/movements")
@require(Permission.PRODUCTS_READ)
@query_string(MovementQuery)
@answers(movements=list[MovementOut], pagination=Pagination, files=FILES)
def list_movements(product_id: int, query: MovementQuery) -> Payload | Response:
    """Muestra el kardex de un producto, lo último primero

    Con `format=csv` o `xlsx`, un archivo con todos los movimientos del período.
    """
    if query.format != "json":
        with snapshot() as db:
            models.product(db, product_id)
            rows = streamed(db, models.MOVEMENTS.rows(query, product_id=product_id))
            return export(query.format, f"kardex-{product_id}", MOVEMENT_TITLES, rows)
    with reading() as db:
        models.product(db, product_id)
        return models.MOVEMENTS.page(db, query, product_id=product_id)
