"""Tablas del servicio de facturación: facturas, sus líneas e impuestos, numeración y gastos."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import MONEY, QUANTITY, Base, created_at, key, one_of, updated_at

INVOICE_STATUSES = ("DRAFT", "ISSUED", "PAID", "ANNULLED")
BUYER_ID_TYPES = ("RUC", "CEDULA", "PASAPORTE", "CONSUMIDOR_FINAL", "EXTERIOR")
PAYMENT_METHODS = ("EFECTIVO", "TARJETA_DEBITO", "TARJETA_CREDITO", "TRANSFERENCIA", "OTRO")


class Invoice(Base):
    """Una factura: borrador hasta que se emite; desde entonces no cambia."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("invoice_number", "is_test"),
        CheckConstraint(one_of("status", *INVOICE_STATUSES), name="status"),
        CheckConstraint(one_of("buyer_id_type", *BUYER_ID_TYPES), name="buyer_id_type"),
        CheckConstraint(one_of("payment_method", *PAYMENT_METHODS), name="payment_method"),
        CheckConstraint("invoice_number ~ '^[0-9]{3}-[0-9]{3}-[0-9]{9}$'", name="invoice_number_shape"),
        CheckConstraint(
            "CASE status WHEN 'DRAFT' THEN invoice_number IS NULL AND issued_at IS NULL"
            " WHEN 'ANNULLED' THEN (invoice_number IS NULL) = (issued_at IS NULL)"
            " ELSE invoice_number IS NOT NULL AND issued_at IS NOT NULL END",
            name="number_when_issued",
        ),
        CheckConstraint("(status = 'ANNULLED') = (annulled_at IS NOT NULL)", name="annulled_at"),
        CheckConstraint("status <> 'PAID' OR paid_at IS NOT NULL", name="paid_at"),
        CheckConstraint("buyer_name <> '' AND buyer_id_number <> ''", name="buyer_not_empty"),
        CheckConstraint("status <> 'ANNULLED' OR annulled_reason <> ''", name="annulled_with_reason"),
        CheckConstraint("subtotal >= 0 AND discount >= 0 AND iva_amount >= 0", name="amounts_not_negative"),
        CheckConstraint("total_amount = subtotal + iva_amount", name="total"),
        Index(
            "uq_invoices_live_appointment",
            "appointment_id",
            unique=True,
            postgresql_where=text("status <> 'ANNULLED' AND NOT credited_in_full"),
        ),
        Index("ix_invoices_issue_date", "issue_date", "invoice_id"),
        Index("ix_invoices_status_issue_date", "status", "issue_date", "invoice_id"),
        Index("ix_invoices_appointment", "appointment_id"),
        Index("ix_invoices_patient", "patient_id", "invoice_id"),
        Index(
            "ix_invoices_search",
            text(
                "search_text(coalesce(invoice_number, '') || ' ' || buyer_name || ' '"
                " || buyer_id_number) gin_trgm_ops"
            ),
            postgresql_using="gin",
        ),
        {"comment": "Facturas: borrador hasta que se emiten; desde entonces no cambian."},
    )

    invoice_id: Mapped[int] = key("Número interno.")
    invoice_number: Mapped[str | None] = mapped_column(
        comment="Número legal 001-001-000000123; se toma al emitir."
    )
    patient_id: Mapped[int | None] = mapped_column(
        ForeignKey("patients.patient_id"), comment="Paciente, si lo hay."
    )
    appointment_id: Mapped[int | None] = mapped_column(
        ForeignKey("appointments.appointment_id"),
        comment="Visita que se cobra; una sola factura viva por visita.",
    )
    issue_date: Mapped[date] = mapped_column(comment="Fecha de emisión, día de la clínica.")
    issue_date_fixed: Mapped[bool] = mapped_column(
        server_default="false", comment="Si la fecha la eligió el usuario; si no, es la del emitir."
    )
    buyer_id_type: Mapped[str] = mapped_column(
        comment="RUC (04), CEDULA (05), PASAPORTE (06), CONSUMIDOR_FINAL (07) o EXTERIOR (08)."
    )
    buyer_id_number: Mapped[str] = mapped_column(comment="Identificación del comprador.")
    buyer_name: Mapped[str] = mapped_column(comment="Nombre o razón social del comprador.")
    buyer_email: Mapped[str | None] = mapped_column(comment="Correo del comprador.")
    buyer_address: Mapped[str | None] = mapped_column(comment="Dirección del comprador.")
    subtotal: Mapped[Decimal] = mapped_column(MONEY, comment="Tras descuento, sin IVA, en dólares.")
    discount: Mapped[Decimal] = mapped_column(
        MONEY, server_default="0", comment="Suma de descuentos de las líneas, en dólares."
    )
    iva_amount: Mapped[Decimal] = mapped_column(MONEY, comment="IVA, en dólares.")
    total_amount: Mapped[Decimal] = mapped_column(MONEY, comment="Subtotal más IVA, en dólares.")
    payment_method: Mapped[str] = mapped_column(
        server_default="EFECTIVO",
        comment="EFECTIVO (01), TARJETA_DEBITO (16), TARJETA_CREDITO (19), TRANSFERENCIA u OTRO (20).",
    )
    additional_info: Mapped[list[dict[str, str]]] = mapped_column(
        JSONB, server_default="[]", comment="Datos que la clínica añade al comprobante: nombre y texto."
    )
    is_test: Mapped[bool] = mapped_column(
        server_default="false", comment="Si se emitió en el ambiente de pruebas del SRI."
    )
    credited_in_full: Mapped[bool] = mapped_column(
        server_default="false", comment="Si sus notas de crédito la devolvieron entera."
    )
    status: Mapped[str] = mapped_column(server_default="DRAFT", comment="DRAFT, ISSUED, PAID o ANNULLED.")
    annulled_reason: Mapped[str | None] = mapped_column(comment="Por qué se anuló.")
    created_at: Mapped[datetime] = created_at()
    created_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quien la hizo.")
    updated_at: Mapped[datetime] = updated_at()
    issued_at: Mapped[datetime | None] = mapped_column(comment="Instante en que se emitió.")
    paid_at: Mapped[datetime | None] = mapped_column(comment="Instante en que se cobró.")
    annulled_at: Mapped[datetime | None] = mapped_column(comment="Instante en que se anuló.")


class InvoiceItem(Base):
    """Una línea de factura."""

    __tablename__ = "invoice_items"
    __table_args__ = (
        UniqueConstraint("invoice_id", "line_number"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0 AND discount >= 0 AND subtotal >= 0", name="amounts_not_negative"),
        CheckConstraint("iva_rate IN (0, 15)", name="iva_rate"),
        CheckConstraint("description <> ''", name="description_not_empty"),
        CheckConstraint("subtotal = round(quantity * unit_price, 2) - discount", name="subtotal"),
        {"comment": "Líneas de las facturas."},
    )

    item_id: Mapped[int] = key("Número de la línea.")
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), comment="Factura.")
    line_number: Mapped[int] = mapped_column(comment="Orden dentro de la factura, desde 1.")
    description: Mapped[str] = mapped_column(comment="Lo que se cobra.")
    quantity: Mapped[Decimal] = mapped_column(QUANTITY, comment="Cantidad.")
    unit_price: Mapped[Decimal] = mapped_column(MONEY, comment="Precio por unidad, sin IVA.")
    discount: Mapped[Decimal] = mapped_column(
        MONEY, server_default="0", comment="Descuento de la línea, en dólares."
    )
    iva_rate: Mapped[int] = mapped_column(comment="Tarifa de IVA, en por ciento.")
    subtotal: Mapped[Decimal] = mapped_column(MONEY, comment="Cantidad por precio menos descuento.")
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.product_id"), index=True, comment="Producto vendido, si lo es."
    )
    treatment_id: Mapped[int | None] = mapped_column(
        ForeignKey("treatments.treatment_id"), index=True, comment="Tratamiento hecho, si lo es."
    )


class InvoiceTax(Base):
    """El IVA de una factura por tarifa: round(Σ base × tarifa)."""

    __tablename__ = "invoice_taxes"
    __table_args__ = (
        CheckConstraint("base >= 0 AND iva >= 0", name="amounts_not_negative"),
        CheckConstraint("iva = round(base * iva_rate / 100, 2)", name="iva"),
        {"comment": "IVA de cada factura por tarifa."},
    )

    invoice_id: Mapped[int] = mapped_column(
        ForeignKey("invoices.invoice_id"), primary_key=True, comment="Factura."
    )
    iva_rate: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Tarifa, en por ciento."
    )
    base: Mapped[Decimal] = mapped_column(MONEY, comment="Suma de los subtotales a esa tarifa.")
    iva: Mapped[Decimal] = mapped_column(MONEY, comment="IVA de esa base, redondeado una vez.")


class InvoicePayment(Base):
    """Un cobro de una factura, total o parcial."""

    __tablename__ = "invoice_payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(one_of("payment_method", *PAYMENT_METHODS), name="payment_method"),
        Index("ix_invoice_payments_invoice", "invoice_id", "payment_id"),
        Index("ix_invoice_payments_date", "payment_date"),
        {"comment": "Cobros de las facturas, totales o parciales: solo se agregan."},
    )

    payment_id: Mapped[int] = key("Número del cobro.")
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), comment="Factura.")
    amount: Mapped[Decimal] = mapped_column(MONEY, comment="Monto cobrado, en dólares.")
    payment_method: Mapped[str] = mapped_column(
        comment="EFECTIVO, TARJETA_DEBITO, TARJETA_CREDITO, TRANSFERENCIA u OTRO."
    )
    payment_date: Mapped[date] = mapped_column(comment="Día del cobro, de la clínica.")
    reference: Mapped[str | None] = mapped_column(comment="Número de comprobante o de voucher.")
    received_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Usuario que lo recibió.")
    created_at: Mapped[datetime] = created_at()


class InvoiceSequence(Base):
    """El contador de números: se bloquea su fila al emitir, así no se repite ni salta."""

    __tablename__ = "invoice_sequences"
    __table_args__ = (
        CheckConstraint("last_number BETWEEN 0 AND 999999999", name="last_number"),
        CheckConstraint("establishment ~ '^[0-9]{3}$' AND emission_point ~ '^[0-9]{3}$'", name="series"),
        {"comment": "Último número usado por documento, establecimiento y punto de emisión."},
    )

    doc_code: Mapped[str] = mapped_column(primary_key=True, comment="Código SRI: 01 factura.")
    establishment: Mapped[str] = mapped_column(primary_key=True, comment="Establecimiento.")
    emission_point: Mapped[str] = mapped_column(primary_key=True, comment="Punto de emisión.")
    last_number: Mapped[int] = mapped_column(server_default="0", comment="Último número usado.")


class OperationalExpense(Base):
    """Un gasto de funcionamiento."""

    __tablename__ = "operational_expenses"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("description <> '' AND category <> ''", name="texts_not_empty"),
        Index("ix_operational_expenses_date", "expense_date", "expense_id"),
        {"comment": "Gastos operativos: arriendo, sueldos, servicios."},
    )

    expense_id: Mapped[int] = key("Número del gasto.")
    description: Mapped[str] = mapped_column(comment="En qué se gastó.")
    amount: Mapped[Decimal] = mapped_column(MONEY, comment="Monto, en dólares.")
    expense_date: Mapped[date] = mapped_column(comment="Día del gasto.")
    category: Mapped[str] = mapped_column(index=True, comment="Categoría.")
    supplier: Mapped[str | None] = mapped_column(comment="Proveedor.")
    document_number: Mapped[str | None] = mapped_column(comment="Número del comprobante.")
    registered_by: Mapped[int] = mapped_column(
        ForeignKey("users.user_id"), comment="Usuario que lo registró."
    )
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()
