"""Lo que el servicio de inventario acepta y devuelve."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from common.lists.exports import Exportable
from common.web.field_numbers import (
    Id,
    IvaRate,
    NonNegativeQuantity,
    Number,
    PositiveQuantity,
    Price,
    QueryBool,
    QueryQuantity,
    SignedQuantity,
)
from common.web.field_texts import Code, Filter, Line, Paragraph, Reason, Search, published
from common.web.schemas import DateRange, In, Out, Page, Query, partial
from common.web.versions import Versioned

MovementReason = Literal["COMPRA", "AJUSTE", "MERMA", "DEVOLUCION"]


_LETTERS = "0-9A-Za-zÁÉÍÓÚÜÑáéíóúüñ"
_SKU_PATTERN = rf"[{_LETTERS}][{_LETTERS} ._/#+()-]*"
_SKU = re.compile(_SKU_PATTERN)


def _sku(value: str) -> str:
    if not _SKU.fullmatch(value):
        raise ValueError("lleva letras, dígitos y . _ / # + ( ) - y empieza con letra o dígito")
    return value.upper()


Sku = Annotated[Code, AfterValidator(_sku), published(rf"^\s*{_SKU_PATTERN}\s*$")]


class ProductIn(In):
    """Un producto nuevo."""

    sku: Sku
    name: Line
    description: Paragraph | None = None
    category: Line | None = None
    unit: Code = "unidad"
    cost_price: Price = Decimal(0)
    sale_price: Price = Decimal(0)
    iva_rate: IvaRate = 15
    stock_quantity: NonNegativeQuantity = Decimal(0)
    min_stock_alert: NonNegativeQuantity = Decimal(10)
    is_active: bool = True


# La existencia no se edita: cambia con movimientos.
ProductPatch = partial(ProductIn, "ProductPatch", without=("stock_quantity",))
PRODUCT_VERSION = Versioned("product", tuple(ProductPatch.model_fields))


class StockIn(In):
    """Una entrada (positiva) o salida (negativa) de inventario."""

    quantity_change: SignedQuantity
    reason: MovementReason
    unit_cost: Price | None = None
    note: Reason | None = None


class ProductQuery(Page, Exportable):
    """Filtros de la lista de productos."""

    search: Search | None = None
    category: Filter | None = None
    low_stock: QueryBool | None = None
    is_active: QueryBool | None = None


class MovementQuery(DateRange, Page, Exportable):
    """Filtros del kardex; días de la clínica, ambos incluidos."""


class TreatmentIn(In):
    """Un tratamiento nuevo."""

    name: Line
    category: Line | None = None
    base_price: Price
    iva_rate: IvaRate = 0
    duration_minutes: Annotated[int, Field(ge=5, le=480)] = 30
    description: Paragraph | None = None
    is_active: bool = True


TreatmentPatch = partial(TreatmentIn, "TreatmentPatch")
TREATMENT_VERSION = Versioned("treatment", tuple(TreatmentPatch.model_fields))


class TreatmentQuery(Page):
    """Filtros de la lista de tratamientos."""

    search: Search | None = None
    category: Filter | None = None
    is_active: QueryBool | None = None


class IngredientIn(In):
    """Un insumo de la receta y cuánto se usa cada vez."""

    product_id: Id
    quantity_needed: PositiveQuantity


class CheckStockQuery(Query):
    """Cuántas veces se quiere hacer el tratamiento."""

    quantity: QueryQuantity = Decimal(1)


class ProductOut(Out):
    """Un producto."""

    product_id: int
    sku: str
    name: str
    description: str | None
    category: str | None
    unit: str
    cost_price: Number
    sale_price: Number
    iva_rate: int
    stock_quantity: Number
    min_stock_alert: Number
    is_low_stock: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime


class MovementOut(Out):
    """Un movimiento del kardex."""

    movement_id: int
    product_id: int
    quantity: Number
    balance_after: Number
    unit_cost: Number
    total_cost: Number
    reason: str
    reference: str | None
    note: str | None
    appointment_id: int | None
    invoice_id: int | None
    user_id: int
    user: str
    created_at: datetime


class TreatmentOut(Out):
    """Un tratamiento."""

    treatment_id: int
    name: str
    category: str | None
    base_price: Number
    iva_rate: int
    duration_minutes: int
    description: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class IngredientOut(Out):
    """Un insumo de una receta, con su costo y existencia de hoy."""

    recipe_id: int
    treatment_id: int
    product_id: int
    product_name: str
    sku: str
    quantity_needed: Number
    unit: str
    cost_price: Number
    stock_quantity: Number


class TreatmentDetailOut(TreatmentOut):
    """Un tratamiento con su receta, lo que cuesta hoy y lo que deja, en dólares."""

    recipe: list[IngredientOut]
    cost: Number
    margin: Number


class StockItemOut(Out):
    """Si alcanza un insumo."""

    product_id: int
    product_name: str
    required_quantity: Number
    stock_quantity: Number
    missing_quantity: Number
    is_available: bool


class CheckStockOut(Out):
    """Si alcanzan los insumos de un tratamiento."""

    treatment_id: int
    quantity: Number
    all_available: bool
    items: list[StockItemOut]


PRODUCT_TITLES = {
    "product_id": "Id",
    "sku": "Código",
    "name": "Nombre",
    "description": "Descripción",
    "category": "Categoría",
    "unit": "Unidad",
    "cost_price": "Costo",
    "sale_price": "Precio",
    "iva_rate": "IVA (%)",
    "stock_quantity": "Existencia",
    "min_stock_alert": "Existencia mínima",
    "is_low_stock": "Queda poco",
    "is_active": "Activo",
    "created_at": "Creado",
    "updated_at": "Actualizado",
}


MOVEMENT_TITLES = {
    "movement_id": "Id",
    "created_at": "Fecha",
    "reason": "Motivo",
    "reference": "Referencia",
    "quantity": "Cantidad",
    "balance_after": "Saldo",
    "unit_cost": "Costo unitario",
    "total_cost": "Costo total",
    "note": "Nota",
    "user": "Usuario",
}
