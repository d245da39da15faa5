"""Lo que se hace en una visita: sus tratamientos y sus extras, mientras la cita siga abierta."""

from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from citas_service.models import AppointmentExtra, AppointmentTreatment, Product, Treatment
from citas_service.operations import open_appointment
from citas_service.schemas import ExtraIn, TreatmentLineIn
from common.errors import NotFound, invalid

Line = TypeVar("Line", AppointmentTreatment, AppointmentExtra)


def add_treatment(db: Session, appointment_id: int, body: TreatmentLineIn) -> AppointmentTreatment:
    """Agrega un tratamiento a la visita, con el precio de este momento.

    :raises Conflict: `cita_cerrada`.
    :raises Invalid: si el tratamiento no existe o está inactivo.
    """
    open_appointment(db, appointment_id)
    active = select(Treatment.base_price).where(
        Treatment.treatment_id == body.treatment_id, Treatment.is_active
    )
    base_price = db.scalar(active.with_for_update(read=True))
    if base_price is None:
        raise invalid("treatment_id", "no existe o está inactivo")
    price = base_price if body.price_at_moment is None else body.price_at_moment
    line = AppointmentTreatment(
        appointment_id=appointment_id,
        treatment_id=body.treatment_id,
        quantity=body.quantity,
        price_at_moment=price,
    )
    db.add(line)
    db.flush()
    return line


def add_extra(db: Session, appointment_id: int, body: ExtraIn) -> AppointmentExtra:
    """Agrega un producto usado o vendido en la visita.

    :raises Conflict: `cita_cerrada`.
    :raises Invalid: si el producto no existe o está inactivo.
    """
    open_appointment(db, appointment_id)
    active = select(Product.sale_price).where(Product.product_id == body.product_id, Product.is_active)
    sale_price = db.scalar(active)
    if sale_price is None:
        raise invalid("product_id", "no existe o está inactivo")
    price = sale_price if body.price_charged is None else body.price_charged
    line = AppointmentExtra(
        appointment_id=appointment_id,
        product_id=body.product_id,
        quantity=body.quantity,
        price_charged=price,
    )
    db.add(line)
    db.flush()
    return line


def _open_line(db: Session, kind: type[Line], line_id: int) -> Line:
    """La línea, con su cita bloqueada y abierta.

    :raises NotFound: si no existe.
    :raises Conflict: `cita_cerrada`.
    """
    line = db.get(kind, line_id)
    if line is None:
        raise NotFound("La línea no existe.")
    open_appointment(db, line.appointment_id)
    # Otra petición pudo borrarla mientras se esperaba a la cita.
    line = db.get(kind, line_id, populate_existing=True)
    if line is None:
        raise NotFound("La línea no existe.")
    return line


def change_treatment(db: Session, detail_id: int, changes: dict[str, Any]) -> None:
    """Cambia la cantidad o el precio de un tratamiento de la visita."""
    line = _open_line(db, AppointmentTreatment, detail_id)
    line.quantity = changes.get("quantity", line.quantity)
    line.price_at_moment = changes.get("price_at_moment", line.price_at_moment)
    db.flush()


def change_extra(db: Session, extra_id: int, changes: dict[str, Any]) -> None:
    """Cambia la cantidad o el precio de un extra de la visita."""
    line = _open_line(db, AppointmentExtra, extra_id)
    line.quantity = changes.get("quantity", line.quantity)
    line.price_charged = changes.get("price_charged", line.price_charged)
    db.flush()


def remove_line(db: Session, kind: type[Line], line_id: int) -> None:
    """Quita una línea de la visita."""
    db.delete(_open_line(db, kind, line_id))
    db.flush()
