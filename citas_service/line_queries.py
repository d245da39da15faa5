"""Lo que citas toca de una visita: escribe sus tratamientos y extras; de los tratamientos y productos solo
lee columnas."""

from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, func, select

from citas_service.rows import ExtraRow, TreatmentLineRow
from common.database import Database, fetch_all, fetch_one, fetch_value
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.base import MONEY
from common.tables.citas import AppointmentExtra, AppointmentTreatment
from common.tables.inventario import Product, Treatment

__all__ = ["AppointmentExtra", "AppointmentTreatment"]


def _subtotal(quantity: Any, price: Any) -> Any:
    return func.round(quantity * price, 2, type_=MONEY)


_TREATMENT_LINE = (
    select(
        *columns(
            TreatmentLineRow,
            AppointmentTreatment,
            treatment_name=Treatment.name,
            subtotal=_subtotal(AppointmentTreatment.quantity, AppointmentTreatment.price_at_moment),
        )
    )
    .join(Treatment, Treatment.treatment_id == AppointmentTreatment.treatment_id)
    .order_by(AppointmentTreatment.detail_id)
)
TREATMENTS = FixedQuery(
    TreatmentLineRow,
    _TREATMENT_LINE.where(AppointmentTreatment.appointment_id == bindparam("appointment_id")),
)
_ONE_TREATMENT_LINE = FixedQuery(
    TreatmentLineRow, _TREATMENT_LINE.where(AppointmentTreatment.detail_id == bindparam("detail_id"))
)
_EXTRA = (
    select(
        *columns(
            ExtraRow,
            AppointmentExtra,
            product_name=Product.name,
            subtotal=_subtotal(AppointmentExtra.quantity, AppointmentExtra.price_charged),
        )
    )
    .join(Product, Product.product_id == AppointmentExtra.product_id)
    .order_by(AppointmentExtra.extra_id)
)
EXTRAS = FixedQuery(ExtraRow, _EXTRA.where(AppointmentExtra.appointment_id == bindparam("appointment_id")))
_ONE_EXTRA = FixedQuery(ExtraRow, _EXTRA.where(AppointmentExtra.extra_id == bindparam("extra_id")))
# Compartir la fila impide que se desactive entre que se lee su precio y se guarda la línea.
_BASE_PRICE = ValueQuery(
    Decimal,
    select(Treatment.base_price)
    .where(Treatment.treatment_id == bindparam("treatment_id"), Treatment.is_active)
    .with_for_update(read=True),
)
_SALE_PRICE = ValueQuery(
    Decimal,
    select(Product.sale_price)
    .where(Product.product_id == bindparam("product_id"), Product.is_active)
    .with_for_update(read=True),
)


def treatment_lines(db: Database, appointment_id: int) -> list[TreatmentLineRow]:
    """Los tratamientos de una visita."""
    return fetch_all(db, TREATMENTS, appointment_id=appointment_id)


def treatment_line(db: Database, detail_id: int) -> TreatmentLineRow | None:
    """Un tratamiento de una visita."""
    return fetch_one(db, _ONE_TREATMENT_LINE, detail_id=detail_id)


def extra_lines(db: Database, appointment_id: int) -> list[ExtraRow]:
    """Los extras de una visita."""
    return fetch_all(db, EXTRAS, appointment_id=appointment_id)


def extra_line(db: Database, extra_id: int) -> ExtraRow | None:
    """Un extra de una visita."""
    return fetch_one(db, _ONE_EXTRA, extra_id=extra_id)


def base_price(db: Database, treatment_id: int) -> Decimal | None:
    """El precio habitual de un tratamiento activo."""
    return fetch_value(db, _BASE_PRICE, treatment_id=treatment_id)


def sale_price(db: Database, product_id: int) -> Decimal | None:
    """El precio de venta de un producto activo."""
    return fetch_value(db, _SALE_PRICE, product_id=product_id)
