"""Las filas que inventario lee; montos en dólares, sin IVA."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict


class ProductRow(TypedDict):
    """Un producto y si le queda poco."""

    product_id: int
    sku: str
    name: str
    description: str | None
    category: str | None
    unit: str
    cost_price: Decimal
    sale_price: Decimal
    iva_rate: int
    stock_quantity: Decimal
    min_stock_alert: Decimal
    is_low_stock: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime


class MovementRow(TypedDict):
    """Un movimiento, qué lo causó y quién lo registró."""

    movement_id: int
    product_id: int
    quantity: Decimal
    balance_after: Decimal
    unit_cost: Decimal
    total_cost: Decimal
    reason: str
    reference: str | None
    note: str | None
    appointment_id: int | None
    invoice_id: int | None
    user_id: int
    user: str
    created_at: datetime


class MovedRow(ProductRow):
    """Un producto y, en `movement`, el movimiento que lo acaba de cambiar."""

    movement: list[MovementRow]


class TreatmentRow(TypedDict):
    """Un tratamiento, sin su receta."""

    treatment_id: int
    name: str
    category: str | None
    base_price: Decimal
    iva_rate: int
    duration_minutes: int
    description: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class IngredientRow(TypedDict):
    """Un insumo de una receta, con su costo y existencia de hoy."""

    recipe_id: int
    treatment_id: int
    product_id: int
    product_name: str
    sku: str
    quantity_needed: Decimal
    unit: str
    cost_price: Decimal
    stock_quantity: Decimal


class IngredientKey(TypedDict):
    """Qué insumo de qué receta."""

    treatment_id: int
    product_id: int


class StoredIngredient(TypedDict):
    """Lo que se sabe al poner un insumo en una receta."""

    is_new: bool
