"""Lo que inventario toca. Escribe productos, movimientos, tratamientos y recetas; de usuarios solo lee
el nombre."""

from sqlalchemy import String, bindparam, case, cast, func, select

from common.database import Database, fetch_all, fetch_one
from common.errors import NotFound
from common.lists.daily_lists import between_days
from common.lists.listing import Listing, matches_words
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import User
from common.tables.inventario import Product, StockMovement, Treatment, TreatmentRecipe
from common.web.schemas import Payload
from inventario_service.rows import (
    IngredientRow,
    MovedRow,
    MovementRow,
    ProductRow,
    TreatmentRow,
)
from inventario_service.schemas import TreatmentQuery

__all__ = ["Product", "Treatment"]

_IS_LOW = Product.stock_quantity <= Product.min_stock_alert

PRODUCT = select(*columns(ProductRow, Product, is_low_stock=_IS_LOW))
_PRODUCT = PRODUCT.where(Product.product_id == bindparam("product_id"))
_ONE_PRODUCT = FixedQuery(ProductRow, _PRODUCT)
_LOW_STOCK = FixedQuery(
    ProductRow, PRODUCT.where(Product.is_active, _IS_LOW).order_by(Product.name, Product.product_id)
)
PRODUCTS = Listing(
    ProductRow,
    "products",
    PRODUCT.order_by(Product.product_id.desc()),
    search=lambda search: matches_words(Product.name + " " + Product.sku, search),
    category=Product.category == bindparam("category"),
    low_stock=lambda wanted: _IS_LOW if wanted else ~_IS_LOW,
    is_active=Product.is_active == bindparam("is_active"),
)

_ORIGIN = case(
    (StockMovement.appointment_id.is_not(None), "cita " + cast(StockMovement.appointment_id, String)),
    (StockMovement.invoice_id.is_not(None), "factura " + cast(StockMovement.invoice_id, String)),
)
MOVEMENT = select(
    *columns(
        MovementRow,
        StockMovement,
        reference=_ORIGIN,
        user_id=StockMovement.created_by,
        user=User.full_name,
    )
).join(User, User.user_id == StockMovement.created_by)
_ONE_MOVEMENT = FixedQuery(MovementRow, MOVEMENT.where(StockMovement.movement_id == bindparam("movement_id")))
_MOVED = FixedQuery(MovedRow, _PRODUCT, movement=_ONE_MOVEMENT)
MOVEMENTS = Listing(
    MovementRow,
    "movements",
    MOVEMENT.order_by(StockMovement.movement_id.desc()),
    product_id=StockMovement.product_id == bindparam("product_id"),
    **between_days(StockMovement.created_at),
)

TREATMENT = select(*columns(TreatmentRow, Treatment))
_ONE_TREATMENT = FixedQuery(
    TreatmentRow, TREATMENT.where(Treatment.treatment_id == bindparam("treatment_id"))
)
_TREATMENTS = Listing(
    TreatmentRow,
    "treatments",
    TREATMENT.order_by(Treatment.treatment_id.desc()),
    search=lambda search: matches_words(Treatment.name, search),
    category=Treatment.category == bindparam("category"),
    is_active=Treatment.is_active == bindparam("is_active"),
)
_CATEGORIES = ValueQuery(
    str,
    select(Treatment.category)
    .where(Treatment.category.is_not(None), Treatment.is_active)
    .distinct()
    .order_by(Treatment.category),
)

INGREDIENT = (
    select(
        *columns(
            IngredientRow,
            TreatmentRecipe,
            product_name=Product.name,
            sku=Product.sku,
            unit=Product.unit,
            cost_price=Product.cost_price,
            stock_quantity=Product.stock_quantity,
        )
    )
    .join(Product, Product.product_id == TreatmentRecipe.product_id)
    .where(TreatmentRecipe.treatment_id == bindparam("treatment_id"))
    .order_by(func.lower(Product.name), TreatmentRecipe.recipe_id)
)
_RECIPE = FixedQuery(IngredientRow, INGREDIENT)
_ONE_INGREDIENT = FixedQuery(
    IngredientRow, INGREDIENT.where(TreatmentRecipe.product_id == bindparam("product_id"))
)


def product(db: Database, product_id: int) -> ProductRow:
    """Un producto.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_PRODUCT, product_id=product_id)
    if row is None:
        raise NotFound("El producto no existe.")
    return row


def low_stock(db: Database) -> list[ProductRow]:
    """Los productos activos a los que les queda poco."""
    return fetch_all(db, _LOW_STOCK)


def moved(db: Database, product_id: int, movement_id: int) -> Payload:
    """Un producto (`product`) y el movimiento que lo acaba de cambiar (`movement`)."""
    found = fetch_one(db, _MOVED, product_id=product_id, movement_id=movement_id)
    assert found is not None
    product = {name: value for name, value in found.items() if name != "movement"}
    return {"product": product, "movement": found["movement"][0]}


def treatment(db: Database, treatment_id: int) -> TreatmentRow:
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
    return fetch_all(db, _CATEGORIES)


def recipe(db: Database, treatment_id: int) -> list[IngredientRow]:
    """Los insumos de la receta de un tratamiento."""
    return fetch_all(db, _RECIPE, treatment_id=treatment_id)


def ingredient(db: Database, treatment_id: int, product_id: int) -> IngredientRow | None:
    """Un insumo de una receta."""
    return fetch_one(db, _ONE_INGREDIENT, treatment_id=treatment_id, product_id=product_id)
