"""Tablas del servicio de inventario: productos, tratamientos, recetas y movimientos."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import MONEY, QUANTITY, Base, created_at, key, one_of, updated_at

# Lo que una persona puede registrar y, aparte, lo que solo escribe el sistema.
MANUAL_REASONS = ("COMPRA", "AJUSTE", "MERMA", "DEVOLUCION")
MOVEMENT_REASONS = ("INICIAL", *MANUAL_REASONS, "CONSUMO", "VENTA", "REVERSION")
COST_REASONS = ("CONSUMO", "VENTA", "REVERSION")


class Product(Base):
    """Insumos y artículos de venta."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("sku"),
        CheckConstraint("sku <> '' AND name <> ''", name="names_not_empty"),
        CheckConstraint("sku = upper(sku)", name="sku_in_capitals"),
        CheckConstraint("stock_quantity >= 0", name="stock_not_negative"),
        CheckConstraint("min_stock_alert >= 0", name="min_stock_not_negative"),
        CheckConstraint("cost_price >= 0 AND sale_price >= 0", name="prices_not_negative"),
        CheckConstraint("iva_rate IN (0, 15)", name="iva_rate"),
        Index(
            "ix_products_search",
            text("search_text(name || ' ' || sku) gin_trgm_ops"),
            postgresql_using="gin",
        ),
        Index(
            "ix_products_low_stock",
            "product_id",
            postgresql_where=text("is_active AND stock_quantity <= min_stock_alert"),
        ),
        {"comment": "Productos: insumos de los tratamientos y artículos de venta."},
    )

    product_id: Mapped[int] = key("Número del producto.")
    sku: Mapped[str] = mapped_column(comment="Código único, en mayúsculas.")
    name: Mapped[str] = mapped_column(comment="Nombre.")
    description: Mapped[str | None] = mapped_column(comment="Descripción.")
    category: Mapped[str | None] = mapped_column(index=True, comment="Categoría.")
    unit: Mapped[str] = mapped_column(
        server_default="unidad", comment="Unidad en que se cuenta (unidad, ml, par…)."
    )
    cost_price: Mapped[Decimal] = mapped_column(
        MONEY, server_default="0", comment="Costo por unidad, en dólares, sin IVA."
    )
    sale_price: Mapped[Decimal] = mapped_column(
        MONEY, server_default="0", comment="Precio de venta por unidad, en dólares, sin IVA."
    )
    iva_rate: Mapped[int] = mapped_column(
        server_default="15", comment="Tarifa de IVA al venderlo, en por ciento."
    )
    stock_quantity: Mapped[Decimal] = mapped_column(
        QUANTITY, server_default="0", comment="Existencia; siempre la suma de sus movimientos."
    )
    min_stock_alert: Mapped[Decimal] = mapped_column(
        QUANTITY, server_default="10", comment="Existencia desde la que se avisa que queda poco."
    )
    is_active: Mapped[bool] = mapped_column(server_default="true", comment="Si se puede usar.")
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()


class StockMovement(Base):
    """El kardex: cada cambio de existencia, que no se borra ni se corrige."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        CheckConstraint("balance_after >= 0", name="balance_not_negative"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        CheckConstraint(one_of("reason", *MOVEMENT_REASONS), name="reason"),
        CheckConstraint("credit_note_id IS NULL OR invoice_id IS NOT NULL", name="credit_note_of_invoice"),
        Index("ix_stock_movements_product", "product_id", "movement_id"),
        Index(
            "ix_stock_movements_credit_note",
            "credit_note_id",
            postgresql_where=text("credit_note_id IS NOT NULL"),
        ),
        Index(
            "ix_stock_movements_cost",
            "created_at",
            postgresql_where=text(one_of("reason", *COST_REASONS)),
        ),
        {"comment": "Movimientos de inventario (kardex): solo se agregan."},
    )

    movement_id: Mapped[int] = key("Número del movimiento.", big=True)
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.product_id"), comment="Producto que se movió."
    )
    quantity: Mapped[Decimal] = mapped_column(
        QUANTITY, comment="Cantidad con signo: positiva entra, negativa sale."
    )
    balance_after: Mapped[Decimal] = mapped_column(QUANTITY, comment="Existencia que quedó después.")
    unit_cost: Mapped[Decimal] = mapped_column(
        MONEY, comment="Costo por unidad congelado en ese instante, en dólares."
    )
    total_cost: Mapped[Decimal] = mapped_column(
        MONEY,
        Computed("round(quantity * unit_cost, 2)", persisted=True),
        comment="Cantidad por costo, al centavo, con el signo de la cantidad.",
    )
    reason: Mapped[str] = mapped_column(
        comment="INICIAL, COMPRA, AJUSTE, MERMA, DEVOLUCION, CONSUMO, VENTA o REVERSION."
    )
    appointment_id: Mapped[int | None] = mapped_column(
        ForeignKey("appointments.appointment_id"), index=True, comment="Cita que lo causó."
    )
    invoice_id: Mapped[int | None] = mapped_column(
        ForeignKey("invoices.invoice_id"), index=True, comment="Factura que lo causó."
    )
    credit_note_id: Mapped[int | None] = mapped_column(
        ForeignKey("credit_notes.credit_note_id"),
        comment="Nota de crédito de esa factura que lo causó, si fue ella.",
    )
    note: Mapped[str | None] = mapped_column(comment="Explicación de quien lo registró.")
    created_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Usuario que lo registró.")
    created_at: Mapped[datetime] = created_at()


class Treatment(Base):
    """Lo que la clínica hace y cobra."""

    __tablename__ = "treatments"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("base_price >= 0", name="base_price_not_negative"),
        CheckConstraint("iva_rate IN (0, 15)", name="iva_rate"),
        CheckConstraint("duration_minutes BETWEEN 5 AND 480", name="duration"),
        Index("uq_treatments_name", func.lower(text("name")), unique=True),
        Index(
            "ix_treatments_search",
            text("search_text(name) gin_trgm_ops"),
            postgresql_using="gin",
        ),
        {"comment": "Tratamientos: lo que la clínica hace y cobra."},
    )

    treatment_id: Mapped[int] = key("Número del tratamiento.")
    name: Mapped[str] = mapped_column(comment="Nombre, único sin distinguir mayúsculas.")
    category: Mapped[str | None] = mapped_column(index=True, comment="Categoría.")
    base_price: Mapped[Decimal] = mapped_column(MONEY, comment="Precio habitual, en dólares, sin IVA.")
    iva_rate: Mapped[int] = mapped_column(
        server_default="0", comment="Tarifa de IVA; los servicios de salud son 0 (LRTI, art. 56)."
    )
    duration_minutes: Mapped[int] = mapped_column(
        server_default="30", comment="Duración habitual, en minutos."
    )
    description: Mapped[str | None] = mapped_column(comment="Descripción.")
    is_active: Mapped[bool] = mapped_column(server_default="true", comment="Si se puede usar.")
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()


class TreatmentRecipe(Base):
    """La receta: los insumos que consume una vez el tratamiento."""

    __tablename__ = "treatment_recipes"
    __table_args__ = (
        UniqueConstraint("treatment_id", "product_id"),
        CheckConstraint("quantity_needed > 0", name="quantity_positive"),
        {"comment": "Recetas: los insumos que consume cada vez un tratamiento."},
    )

    recipe_id: Mapped[int] = key("Número del ingrediente.")
    treatment_id: Mapped[int] = mapped_column(ForeignKey("treatments.treatment_id"), comment="Tratamiento.")
    product_id: Mapped[int] = mapped_column(ForeignKey("products.product_id"), index=True, comment="Insumo.")
    quantity_needed: Mapped[Decimal] = mapped_column(QUANTITY, comment="Cantidad del insumo por cada vez.")
