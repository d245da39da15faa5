"""Lo que una factura lee de los demás servicios, y sus líneas antes de guardarse."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

from common.rules.money import ZERO, line_subtotal


class VisitRow(TypedDict):
    """De quién es una cita y en qué está."""

    patient_id: int
    status: str


class ForSaleRow(TypedDict):
    """Un producto o un tratamiento activo, con su precio en dólares y su tarifa."""

    id: int
    name: str
    price: Decimal
    iva_rate: int


class SoldRow(TypedDict):
    """Cuánto de un producto saca una factura, en su unidad."""

    product_id: int
    quantity: Decimal


class _VisitLineRow(TypedDict):
    description: str
    quantity: Decimal
    unit_price: Decimal
    iva_rate: int


class VisitTreatmentRow(_VisitLineRow):
    """Un tratamiento hecho en una visita, como línea de factura."""

    treatment_id: int


class VisitExtraRow(_VisitLineRow):
    """Un extra cobrado en una visita, como línea de factura."""

    product_id: int


@dataclass(frozen=True)
class Line:
    """Una línea de una factura; sin descripción o sin precio todavía no se puede guardar."""

    description: str | None
    quantity: Decimal
    unit_price: Decimal | None
    iva_rate: int
    discount: Decimal = ZERO
    product_id: int | None = None
    treatment_id: int | None = None

    @property
    def subtotal(self) -> Decimal:
        """Lo que vale, en dólares y sin IVA; ya se sabe su precio."""
        assert self.unit_price is not None
        return line_subtotal(self.quantity, self.unit_price, self.discount)
