"""Lo que se bloquea y se escribe de los tratamientos y sus recetas; de las existencias, `common.rules`."""

from decimal import Decimal

from sqlalchemy import bindparam, delete, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.database import fetch_all, fetch_one, fetch_value
from common.sql.statements import FixedWrite, ValueQuery, columns, names_of
from common.tables.base import table_of
from common.tables.inventario import Product, Treatment, TreatmentRecipe
from inventario_service.rows import IngredientKey, StoredIngredient

_LOCKED = ValueQuery(
    int,
    select(Treatment.treatment_id)
    .where(Treatment.treatment_id == bindparam("treatment_id"))
    .with_for_update(),
)
_IS_ACTIVE = ValueQuery(
    bool,
    select(Product.is_active).where(Product.product_id == bindparam("product_id")).with_for_update(read=True),
)
_recipes = table_of(TreatmentRecipe)
_KEY = names_of(IngredientKey)
_new = insert(_recipes)
_STORE = FixedWrite(
    _new.on_conflict_do_update(index_elements=_KEY, set_={"quantity_needed": _new.excluded.quantity_needed})
    # En PostgreSQL una fila recién insertada no tiene versión anterior: xmax es 0.
    .returning(literal_column("xmax = 0").label("is_new")),
    *(*_KEY, "quantity_needed"),
    returning=StoredIngredient,
)
_REMOVE = FixedWrite(
    delete(_recipes)
    .where(*(_recipes.c[name] == bindparam(name) for name in _KEY))
    .returning(*columns(IngredientKey, _recipes)),
    returning=IngredientKey,
)


def lock_treatment(db: Session, treatment_id: int) -> None:
    """Bloquea un tratamiento hasta confirmar."""
    fetch_value(db, _LOCKED, treatment_id=treatment_id)


def lock_active(db: Session, product_id: int) -> bool:
    """Si un producto existe y está activo; nadie lo cambia hasta confirmar."""
    return bool(fetch_value(db, _IS_ACTIVE, product_id=product_id))


def store_ingredient(db: Session, treatment_id: int, product_id: int, quantity: Decimal) -> bool:
    """Pone un insumo en una receta, o cambia su cantidad; devuelve si es nuevo."""
    values = {"treatment_id": treatment_id, "product_id": product_id, "quantity_needed": quantity}
    stored = fetch_one(db, _STORE, **values)
    return stored is not None and stored["is_new"]


def remove_ingredient(db: Session, treatment_id: int, product_id: int) -> bool:
    """Quita un insumo de una receta; devuelve si estaba."""
    return bool(fetch_all(db, _REMOVE, treatment_id=treatment_id, product_id=product_id))
