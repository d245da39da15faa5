"""Lo que inventario toca. Escribe productos, movimientos, tratamientos y recetas; de usuarios solo lee
el nombre."""

from typing import Any

from sqlalchemy import String, bindparam, case, cast, func, select

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.daily_lists import between_days
from common.lists.listing import Listing, matches_words
from common.sql.statements import FixedQuery
from common.tables.auth import User
from common.tables.inventario import Product, StockMovement, Treatment, TreatmentRecipe
from common.web.schemas import Payload
from inventario_service.schemas import TreatmentQuery

__all__ = ["Product", "Treatment", "TreatmentRecipe"]

_IS_LOW = Product.stock_quantity <= Product.min_stock_alert

PRODUCT = select(
    Product.product_id,
    Product.sku,
    Product.name,
    Product.description,
    Product.category,
    Product.unit,
    Product.cost_price,
    Product.sale_price,
    Product.iva_rate,
    Product.stock_quantity,
    Product.min_stock_alert,
    _IS_LOW.label("is_low_stock"),
    Product.is_active,
    Product.created_at,
    Product.updated_at,
)
_ONE_PRODUCT = FixedQuery(PRODUCT.where(Product.product_id == bindparam("product_id")))
_LOW_STOCK = FixedQuery(PRODUCT.where(Product.is_active, _IS_LOW).order_by(Product.name, Product.product_id))
PRODUCTS = Listing(
    dict,
    "products",
    PRODUCT.order_by(Product.product_id.desc()),
    search=lambda search: matches_words(Product.name + " " + Product.sku, search),
    category=Product.category == bindparam("category"),
    low_stock=lambda wanted: _IS_LOW if wanted else ~_IS_LOW,
    is_active=Product.is_active == bindparam("is_active"),
)

MOVEMENT = select(
    StockMovement.movement_id,
    StockMovement.product_id,
    StockMovement.quantity,
    StockMovement.balance_after,
    StockMovement.unit_cost,
    StockMovement.total_cost,
    StockMovement.reason,
    case(
        (
            StockMovement.appointment_id.is_not(None),
            "cita " + cast(StockMovement.appointment_id, String),
        ),
        (
            StockMovement.invoice_id.is_not(None),
            "factura " + cast(StockMovement.invoice_id, String),
        ),
    ).label("reference"),
    StockMovement.note,
    StockMovement.appointment_id,
    StockMovement.invoice_id,
    StockMovement.created_by.label("user_id"),
    User.full_name.label("user"),
    StockMovement.created_at,
).join(User, User.user_id == StockMovement.created_by)
_ONE_MOVEMENT = FixedQuery(MOVEMENT.where(StockMovement.movement_id == bindparam("movement_id")))
_MOVED = FixedQuery(_ONE_PRODUCT.statement, movement=_ONE_MOVEMENT)
MOVEMENTS = Listing(
    dict,
    "movements",
    MOVEMENT.order_by(StockMovement.movement_id.desc()),
    product_id=StockMovement.product_id == bindparam("product_id"),
    **between_days(StockMovement.created_at),
)

TREATMENT = select(
    Treatment.treatment_id,
    Treatment.name,
    Treatment.category,
    Treatment.base_price,
    Treatment.iva_rate,
    Treatment.duration_minutes,
    Treatment.description,
    Treatment.is_active,
    Treatment.created_at,
    Treatment.updated_at,
)
_ONE_TREATMENT = FixedQuery(TREATMENT.where(Treatment.treatment_id == bindparam("treatment_id")))
_TREATMENTS = Listing(
    dict,
    "treatments",
    TREATMENT.order_by(Treatment.treatment_id.desc()),
    search=lambda search: matches_words(Treatment.name, search),
    category=Treatment.category == bindparam("category"),
    is_active=Treatment.is_active == bindparam("is_active"),
)
_CATEGORIES = FixedQuery(
    select(Treatment.category)
    .where(Treatment.category.is_not(None), Treatment.is_active)
    .distinct()
    .order_by(Treatment.category)
)

INGREDIENT = (
    select(
        TreatmentRecipe.recipe_id,
        TreatmentRecipe.treatment_id,
        TreatmentRecipe.product_id,
        Product.name.label("product_name"),
        Product.sku,
        TreatmentRecipe.quantity_needed,
        Product.unit,
        Product.cost_price,
        Product.stock_quantity,
    )
    .join(Product, Product.product_id == TreatmentRecipe.product_id)
    .where(TreatmentRecipe.treatment_id == bindparam("treatment_id"))
    .order_by(func.lower(Product.name), TreatmentRecipe.recipe_id)
)
_RECIPE = FixedQuery(INGREDIENT)
_ONE_INGREDIENT = FixedQuery(INGREDIENT.where(TreatmentRecipe.product_id == bindparam("product_id")))


def product(db: Database, product_id: int) -> dict[str, Any]:
    """Un producto.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_PRODUCT, product_id=product_id)
    if row is None:
        raise NotFound("El producto no existe.")
    return row


def low_stock(db: Database) -> list[dict[str, Any]]:
    """Los productos activos a los que les queda poco."""
    return fetch_all(db, _LOW_STOCK)


def moved(db: Database, product_id: int, movement_id: int) -> dict[str, Any]:
    """Un producto (`product`) y el movimiento que lo acaba de cambiar (`movement`)."""
    found = fetch_one(db, _MOVED, product_id=product_id, movement_id=movement_id)
    assert found is not None
    (movement,) = found.pop("movement")
    return {"product": found, "movement": movement}


def treatment(db: Database, treatment_id: int) -> dict[str, Any]:
    """Un tratamiento, sin su receta.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_TREATMENT, treatment_id=treatment_id)
    if row is None:
        raise NotFound("El tratamiento no existe.")
    return row


def treatments_page(db: Database, query: TreatmentQuery) -> Payload:
    """Una página de tratamientos, los más nuevos primero."""
    return _TREATMENTS.page(db, query)


def categories(db: Database) -> list[str]:
    """Las categorías de los tratamientos activos, en orden."""
    return [row["category"] for row in fetch_all(db, _CATEGORIES)]


def recipe(db: Database, treatment_id: int) -> list[dict[str, Any]]:
    """Los insumos de la receta de un tratamiento."""
    return fetch_all(db, _RECIPE, treatment_id=treatment_id)


def ingredient(db: Database, treatment_id: int, product_id: int) -> dict[str, Any] | None:
    """Un insumo de una receta."""
    return fetch_one(db, _ONE_INGREDIENT, treatment_id=treatment_id, product_id=product_id)
