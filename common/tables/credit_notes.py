"""Tablas de las notas de crédito: lo que se devuelve de una factura ya emitida."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import MONEY, QUANTITY, Base, created_at, key, one_of, updated_at

CREDIT_NOTE_STATUSES = ("ISSUED", "ANNULLED")


class CreditNote(Base):
    """Una nota de crédito: nace emitida, con su número, y ya no cambia; a lo sumo se anula."""

    __tablename__ = "credit_notes"
    __table_args__ = (
        UniqueConstraint("credit_note_number", "is_test"),
        CheckConstraint(one_of("status", *CREDIT_NOTE_STATUSES), name="status"),
        CheckConstraint("credit_note_number ~ '^[0-9]{3}-[0-9]{3}-[0-9]{9}$'", name="number_shape"),
        CheckConstraint("subtotal >= 0 AND iva_amount >= 0", name="amounts_not_negative"),
        CheckConstraint("total_amount = subtotal + iva_amount AND total_amount > 0", name="total"),
        CheckConstraint("reason <> ''", name="reason_not_empty"),
        CheckConstraint(
            "(status = 'ANNULLED') = (annulled_at IS NOT NULL)"
            " AND (status = 'ANNULLED') = (annulled_reason IS NOT NULL)",
            name="annulled",
        ),
        Index("ix_credit_notes_invoice", "invoice_id"),
        Index("ix_credit_notes_issue_date", "issue_date", "credit_note_id"),
        {"comment": "Notas de crédito: lo que se devuelve, en todo o en parte, de una factura emitida."},
    )

    credit_note_id: Mapped[int] = key("Número interno.")
    credit_note_number: Mapped[str] = mapped_column(comment="Número legal 001-001-000000123.")
    is_test: Mapped[bool] = mapped_column(
        server_default="false", comment="Si se emitió en el ambiente de pruebas del SRI."
    )
    invoice_id: Mapped[int] = mapped_column(
        ForeignKey("invoices.invoice_id"), comment="Factura que modifica."
    )
    issue_date: Mapped[date] = mapped_column(comment="Fecha de emisión, día de la clínica.")
    reason: Mapped[str] = mapped_column(comment="Motivo, que va en el documento.")
    restocked: Mapped[bool] = mapped_column(comment="Si lo devuelto volvió a inventario.")
    subtotal: Mapped[Decimal] = mapped_column(MONEY, comment="Devuelto sin IVA, en dólares.")
    iva_amount: Mapped[Decimal] = mapped_column(MONEY, comment="IVA devuelto, en dólares.")
    total_amount: Mapped[Decimal] = mapped_column(MONEY, comment="Subtotal más IVA, en dólares.")
    status: Mapped[str] = mapped_column(server_default="ISSUED", comment="ISSUED o ANNULLED.")
    annulled_reason: Mapped[str | None] = mapped_column(comment="Por qué se anuló.")
    annulled_at: Mapped[datetime | None] = mapped_column(comment="Instante en que se anuló.")
    created_at: Mapped[datetime] = created_at()
    created_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quien la emitió.")
    updated_at: Mapped[datetime] = updated_at()


class CreditNoteItem(Base):
    """Lo que una nota de crédito devuelve de una línea de la factura."""

    __tablename__ = "credit_note_items"
    __table_args__ = (
        UniqueConstraint("credit_note_id", "line_number"),
        UniqueConstraint("credit_note_id", "invoice_item_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("returned_quantity >= 0 AND returned_quantity <= quantity", name="returned_quantity"),
        CheckConstraint("unit_price >= 0 AND discount >= 0 AND subtotal >= 0", name="amounts_not_negative"),
        CheckConstraint("subtotal = round(quantity * unit_price, 2) - discount", name="subtotal"),
        Index("ix_credit_note_items_invoice_item", "invoice_item_id"),
        {"comment": "Líneas de las notas de crédito."},
    )

    item_id: Mapped[int] = key("Número de la línea.")
    credit_note_id: Mapped[int] = mapped_column(
        ForeignKey("credit_notes.credit_note_id"), comment="Nota de crédito."
    )
    line_number: Mapped[int] = mapped_column(comment="Orden dentro de la nota, desde 1.")
    invoice_item_id: Mapped[int] = mapped_column(
        ForeignKey("invoice_items.item_id"), comment="Línea de la factura que modifica."
    )
    description: Mapped[str] = mapped_column(comment="Lo que se devuelve.")
    quantity: Mapped[Decimal] = mapped_column(QUANTITY, comment="Cantidad que va en el documento.")
    returned_quantity: Mapped[Decimal] = mapped_column(
        QUANTITY, comment="Cantidad devuelta de verdad; cero si solo se rebaja el precio."
    )
    unit_price: Mapped[Decimal] = mapped_column(MONEY, comment="Precio por unidad, sin IVA.")
    discount: Mapped[Decimal] = mapped_column(MONEY, server_default="0", comment="Descuento, en dólares.")
    iva_rate: Mapped[int] = mapped_column(comment="Tarifa de IVA de la línea original, en por ciento.")
    subtotal: Mapped[Decimal] = mapped_column(MONEY, comment="Cantidad por precio menos descuento.")


class CreditNoteTax(Base):
    """El IVA de una nota de crédito por tarifa.

    Es uno de los dos centavos que rodean el de su base: el redondeado, salvo que así las notas no sumaran el
    de la factura.
    """

    __tablename__ = "credit_note_taxes"
    __table_args__ = (
        CheckConstraint("base >= 0 AND iva >= 0", name="amounts_not_negative"),
        CheckConstraint("abs(iva - base * iva_rate / 100) < 0.01", name="iva"),
        {"comment": "IVA de cada nota de crédito por tarifa."},
    )

    credit_note_id: Mapped[int] = mapped_column(
        ForeignKey("credit_notes.credit_note_id"), primary_key=True, comment="Nota de crédito."
    )
    iva_rate: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Tarifa, en por ciento."
    )
    base: Mapped[Decimal] = mapped_column(MONEY, comment="Suma de los subtotales a esa tarifa.")
    iva: Mapped[Decimal] = mapped_column(MONEY, comment="IVA de esa base.")
