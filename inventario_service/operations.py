"""Lo que pasa en inventario: altas, cambios, movimientos y recetas."""

from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.database import Database
from common.errors import NotFound, invalid
from common.rules import stock
from common.rules.money import round_cents
from common.rules.stock import Move, Stocked
from common.web.schemas import Payload
from common.web.versions import Expected
from inventario_service import models, write_queries
from inventario_service.models import Product, Treatment
from inventario_service.rows import IngredientRow
from inventario_service.schemas import (
    PRODUCT_VERSION,
    TREATMENT_VERSION,
    CheckStockQuery,
    IngredientIn,
    ProductIn,
    StockIn,
    TreatmentIn,
)

# Lo que se compra entra y lo que se pierde sale; un ajuste o una devolución van en los dos sentidos.
SIGN_OF_REASON = {"COMPRA": 1, "MERMA": -1}


def create_product(db: Session, body: ProductIn, *, user: CurrentUser) -> Product:
    """Crea un producto; su existencia inicial entra con un movimiento."""
    opening = body.stock_quantity
    product = Product(**body.model_dump(exclude={"stock_quantity"}), stock_quantity=Decimal(0))
    db.add(product)
    db.flush()
    if opening:
        products = stock.lock_products(db, [product.product_id])
        stock.move(db, products, [Move(product.product_id, opening)], "INICIAL", user_id=user.user_id)
    return product


def change_product(db: Session, product_id: int, changes: dict[str, Any], expected: Expected) -> None:
    """Cambia los datos de un producto.

    :raises NotFound: si no existe.
    :raises PreconditionFailed: si cambió desde que el cliente lo leyó.
    """
    locked_product(db, product_id)
    expected.check(PRODUCT_VERSION, lambda: models.product(db, product_id))
    if changes:
        # Se escriben las columnas que el cliente envió, y solo esas.
        db.execute(update(Product).where(Product.product_id == product_id).values(changes))


def move_stock(db: Session, product_id: int, body: StockIn, *, user: CurrentUser) -> int:
    """Registra una entrada o salida de inventario.

    :returns: el número del movimiento.
    :raises NotFound: si el producto no existe.
    :raises Conflict: si la existencia quedaría bajo cero.
    :raises Invalid: si la cantidad es cero o no va en el sentido de su motivo.
    """
    sign = SIGN_OF_REASON.get(body.reason)
    if body.quantity_change == 0:
        raise invalid("quantity_change", "no puede ser cero")
    if sign and body.quantity_change * sign < 0:
        raise invalid(
            "quantity_change",
            f"con {body.reason} debe ser {'positiva' if sign > 0 else 'negativa'}",
        )
    products = locked_product(db, product_id)
    moves = [Move(product_id, body.quantity_change, body.unit_cost)]
    (written,) = stock.move(db, products, moves, body.reason, user_id=user.user_id, note=body.note)
    return written["movement_id"]


def locked_product(db: Session, product_id: int) -> dict[int, Stocked]:
    """El producto, bloqueado, por su número.

    :raises NotFound: si no existe.
    """
    products = stock.lock_products(db, [product_id])
    if not products:
        raise NotFound("El producto no existe.")
    return products


def create_treatment(db: Session, body: TreatmentIn) -> Treatment:
    """Crea un tratamiento."""
    treatment = Treatment(**body.model_dump())
    db.add(treatment)
    db.flush()
    return treatment


def change_treatment(db: Session, treatment_id: int, changes: dict[str, Any], expected: Expected) -> None:
    """Cambia los datos de un tratamiento.

    :raises NotFound: si no existe.
    :raises PreconditionFailed: si cambió desde que el cliente lo leyó.
    """
    write_queries.lock_treatment(db, treatment_id)
    treatment = models.treatment(db, treatment_id)
    expected.check(TREATMENT_VERSION, lambda: treatment)
    if changes:
        # Igual: solo las columnas enviadas.
        statement = update(Treatment).where(Treatment.treatment_id == treatment_id)
        db.execute(statement.values(changes))


def detailed_treatment(db: Database, treatment_id: int) -> Payload:
    """Un tratamiento con su receta, su costo de hoy y su margen, en dólares.

    :raises NotFound: si no existe.
    """
    treatment = models.treatment(db, treatment_id)
    recipe = models.recipe(db, treatment_id)
    cost = recipe_cost(recipe)
    return {**treatment, "recipe": recipe, "cost": cost, "margin": treatment["base_price"] - cost}


def recipe_cost(recipe: list[IngredientRow]) -> Decimal:
    """Lo que cuestan hoy los insumos de una receta, en dólares."""
    lines = (round_cents(item["quantity_needed"] * item["cost_price"]) for item in recipe)
    return sum(lines, Decimal(0))


def set_ingredient(db: Session, treatment_id: int, body: IngredientIn) -> bool:
    """Pone un insumo en la receta, o cambia su cantidad; devuelve si es nuevo.

    :raises NotFound: si el tratamiento no existe.
    :raises Invalid: si el producto no existe o está inactivo.
    """
    models.treatment(db, treatment_id)
    if not write_queries.lock_active(db, body.product_id):
        raise invalid("product_id", "no existe o está inactivo")
    return write_queries.store_ingredient(db, treatment_id, body.product_id, body.quantity_needed)


def remove_ingredient(db: Session, treatment_id: int, product_id: int) -> None:
    """Quita un insumo de la receta.

    :raises NotFound: si la receta no lo tiene.
    """
    if not write_queries.remove_ingredient(db, treatment_id, product_id):
        raise NotFound("La receta no tiene ese insumo.")


def check_stock(db: Database, treatment_id: int, query: CheckStockQuery) -> Payload:
    """Si alcanzan los insumos para hacer el tratamiento esas veces.

    :raises NotFound: si el tratamiento no existe.
    """
    models.treatment(db, treatment_id)
    items = [
        stock.availability(item["product_id"], item["product_name"], item["stock_quantity"], needed)
        for item in models.recipe(db, treatment_id)
        if (needed := stock.round_quantity(item["quantity_needed"] * query.quantity))
    ]
    return {
        "treatment_id": treatment_id,
        "quantity": query.quantity,
        "all_available": all(item["is_available"] for item in items),
        "items": items,
    }
