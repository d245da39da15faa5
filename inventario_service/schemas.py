"""Lo que el servicio de inventario acepta y devuelve."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from common.lists.exports import Exportable
from common.web.clinic_fields import (
    PRODUCT_NAME,
    TREATMENT_NAME,
    UNIT,
    UNIT_COST,
    BalanceAfter,
    CreatedAt,
    IvaPercent,
    TotalCost,
)
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
from common.web.field_words import Says
from common.web.schemas import DateRange, In, Out, Page, Query, partial
from common.web.versions import Versioned

# Lo que dicen estos campos, entren o salgan.
BASE_PRICE = Says("Precio habitual, en dólares, sin IVA.")
COST_PRICE = Says("Costo de una unidad, en dólares.", example=4.8)
DURATION_MINUTES = Says("Minutos.", example=45)
MIN_STOCK_ALERT = Says("Existencia desde la que se avisa, en la unidad del producto.", example=10)
NOTE = Says(example="Pedido mensual")
PRODUCT_CATEGORY = Says(example="Insumos")
PRODUCT_DESCRIPTION = Says(example="Guantes de nitrilo talla M, caja de 100")
QUANTITY_NEEDED = Says("Lo que se usa cada vez, en la unidad del producto.", example=1)
SALE_PRICE = Says("Precio de venta de una unidad, en dólares, sin IVA.", example=7.5)
SKU = Says(example="GUA-M")
STOCK_QUANTITY = Says("Existencia, en la unidad del producto.")
TREATMENT_CATEGORY = Says(example="Dental")
TREATMENT_DESCRIPTION = Says(example="Incluye pulido.")


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

    sku: Annotated[Sku, SKU]
    name: Annotated[Line, PRODUCT_NAME]
    description: Annotated[Paragraph | None, PRODUCT_DESCRIPTION] = None
    category: Annotated[Line | None, PRODUCT_CATEGORY] = None
    unit: Annotated[Code, UNIT] = "unidad"
    cost_price: Annotated[Price, COST_PRICE] = Decimal(0)
    sale_price: Annotated[Price, SALE_PRICE] = Decimal(0)
    iva_rate: IvaRate = 15
    stock_quantity: Annotated[NonNegativeQuantity, STOCK_QUANTITY] = Decimal(0)
    min_stock_alert: Annotated[NonNegativeQuantity, MIN_STOCK_ALERT] = Decimal(10)
    is_active: bool = True


# La existencia no se edita: cambia con movimientos.
ProductPatch = partial(ProductIn, "ProductPatch", without=("stock_quantity",))
PRODUCT_VERSION = Versioned("product", tuple(ProductPatch.model_fields))


class StockIn(In):
    """Una entrada (positiva) o salida (negativa) de inventario."""

    quantity_change: Annotated[
        SignedQuantity,
        Says("Lo que entra (positivo) o sale (negativo), en la unidad del producto.", example=10),
    ]
    reason: MovementReason
    unit_cost: Annotated[Price | None, UNIT_COST] = None
    note: Annotated[Reason | None, NOTE] = None


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

    name: Annotated[Line, TREATMENT_NAME]
    category: Annotated[Line | None, TREATMENT_CATEGORY] = None
    base_price: Annotated[Price, BASE_PRICE]
    iva_rate: IvaRate = 0
    duration_minutes: Annotated[int, Field(ge=5, le=480), DURATION_MINUTES] = 30
    description: Annotated[Paragraph | None, TREATMENT_DESCRIPTION] = None
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
    quantity_needed: Annotated[PositiveQuantity, QUANTITY_NEEDED]


class CheckStockQuery(Query):
    """Cuántas veces se quiere hacer el tratamiento."""

    quantity: Annotated[QueryQuantity, Says("Cantidad; de un producto, en su unidad.")] = Decimal(1)


class ProductOut(Out):
    """Un producto."""

    product_id: int
    sku: Annotated[str, SKU]
    name: Annotated[str, PRODUCT_NAME]
    description: Annotated[str | None, PRODUCT_DESCRIPTION]
    category: Annotated[str | None, PRODUCT_CATEGORY]
    unit: Annotated[str, UNIT]
    cost_price: Annotated[Number, COST_PRICE]
    sale_price: Annotated[Number, SALE_PRICE]
    iva_rate: IvaPercent
    stock_quantity: Annotated[Number, STOCK_QUANTITY]
    min_stock_alert: Annotated[Number, MIN_STOCK_ALERT]
    is_low_stock: bool
    is_active: bool
    created_at: CreatedAt
    updated_at: datetime


class MovementOut(Out):
    """Un movimiento del kardex."""

    movement_id: int
    product_id: int
    quantity: Annotated[
        Number,
        Says("Lo que entró (positivo) o salió (negativo), en la unidad del producto.", example=2),
    ]
    balance_after: BalanceAfter
    unit_cost: Annotated[Number, UNIT_COST]
    total_cost: TotalCost
    reason: Annotated[str, Says(example="COMPRA")]
    reference: Annotated[str | None, Says(example="Factura 77")]
    note: Annotated[str | None, NOTE]
    appointment_id: int | None
    invoice_id: int | None
    user_id: int
    user: str
    created_at: CreatedAt


class TreatmentOut(Out):
    """Un tratamiento."""

    treatment_id: int
    name: Annotated[str, TREATMENT_NAME]
    category: Annotated[str | None, TREATMENT_CATEGORY]
    base_price: Annotated[Number, BASE_PRICE]
    iva_rate: IvaPercent
    duration_minutes: Annotated[int, DURATION_MINUTES]
    description: Annotated[str | None, TREATMENT_DESCRIPTION]
    is_active: bool
    created_at: CreatedAt
    updated_at: datetime


class IngredientOut(Out):
    """Un insumo de una receta, con su costo y existencia de hoy."""

    recipe_id: int
    treatment_id: int
    product_id: int
    product_name: Annotated[str, PRODUCT_NAME]
    sku: Annotated[str, SKU]
    quantity_needed: Annotated[Number, QUANTITY_NEEDED]
    unit: Annotated[str, UNIT]
    cost_price: Annotated[Number, COST_PRICE]
    stock_quantity: Annotated[Number, STOCK_QUANTITY]


class TreatmentDetailOut(TreatmentOut):
    """Un tratamiento con su receta, lo que cuesta hoy y lo que deja, en dólares."""

    recipe: list[IngredientOut]
    cost: Annotated[Number, Says("Lo que cuestan hoy los insumos de la receta, en dólares.")]
    margin: Annotated[Number, Says("Precio menos costo de hoy, en dólares.")]


class StockItemOut(Out):
    """Si alcanza un insumo."""

    product_id: int
    product_name: Annotated[str, PRODUCT_NAME]
    required_quantity: Annotated[Number, Says("Lo que hace falta, en la unidad del producto.")]
    stock_quantity: Annotated[Number, STOCK_QUANTITY]
    missing_quantity: Annotated[Number, Says("Lo que falta, en la unidad del producto.")]
    is_available: bool


class CheckStockOut(Out):
    """Si alcanzan los insumos de un tratamiento."""

    treatment_id: int
    quantity: Annotated[Number, Says("Cuántas veces se haría el tratamiento.", example=2)]
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
