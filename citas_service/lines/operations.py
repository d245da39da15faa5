"""Lo que se hace en una visita: sus tratamientos y sus extras, mientras la cita siga abierta."""

from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from citas_service import line_queries
from citas_service.line_queries import AppointmentExtra, AppointmentTreatment
from citas_service.schemas import ExtraIn, TreatmentLineIn
from citas_service.status import check_not_billed, open_appointment
from common.errors import NotFound, invalid

Line = TypeVar("Line", AppointmentTreatment, AppointmentExtra)


def add_treatment(db: Session, appointment_id: int, body: TreatmentLineIn) -> AppointmentTreatment:
    """Agrega un tratamiento a la visita, con el precio de este momento.

    :raises NotFound: si la cita no existe.
    :raises Conflict: `cita_cerrada` o `cita_facturada`.
    :raises Invalid: si el tratamiento no existe o está inactivo.
    """
    _changeable(db, appointment_id)
    usual = _usual(line_queries.base_price(db, body.treatment_id), "treatment_id")
    line = AppointmentTreatment(
        appointment_id=appointment_id,
        treatment_id=body.treatment_id,
        quantity=body.quantity,
        price_at_moment=usual if body.price_at_moment is None else body.price_at_moment,
    )
    db.add(line)
    db.flush()
    return line


def add_extra(db: Session, appointment_id: int, body: ExtraIn) -> AppointmentExtra:
    """Agrega un producto usado o vendido en la visita.

    :raises NotFound: si la cita no existe.
    :raises Conflict: `cita_cerrada` o `cita_facturada`.
    :raises Invalid: si el producto no existe o está inactivo.
    """
    _changeable(db, appointment_id)
    usual = _usual(line_queries.sale_price(db, body.product_id), "product_id")
    line = AppointmentExtra(
        appointment_id=appointment_id,
        product_id=body.product_id,
        quantity=body.quantity,
        price_charged=usual if body.price_charged is None else body.price_charged,
    )
    db.add(line)
    db.flush()
    return line


def _changeable(db: Session, appointment_id: int) -> None:
    """Bloquea la cita; lo que se hace en ella cambia mientras siga abierta y no se haya cobrado."""
    open_appointment(db, appointment_id)
    check_not_billed(db, appointment_id)


def _usual(price: Decimal | None, field: str) -> Decimal:
    if price is None:
        raise invalid(field, "no existe o está inactivo")
    return price


def _open_line(db: Session, kind: type[Line], line_id: int) -> Line:
    """La línea, con su cita bloqueada y abierta.

    :raises NotFound: si no existe.
    :raises Conflict: `cita_cerrada` o `cita_facturada`.
    """
    line = db.get(kind, line_id)
    if line is None:
        raise NotFound("La línea no existe.")
    _changeable(db, line.appointment_id)
    # Otra petición pudo borrarla mientras se esperaba a la cita.
    line = db.get(kind, line_id, populate_existing=True)
    if line is None:
        raise NotFound("La línea no existe.")
    return line


def change_treatment(db: Session, detail_id: int, changes: dict[str, Any]) -> None:
    """Cambia la cantidad o el precio de un tratamiento de la visita.

    :raises NotFound: si no existe.
    :raises Conflict: `cita_cerrada` o `cita_facturada`.
    """
    line = _open_line(db, AppointmentTreatment, detail_id)
    line.quantity = changes.get("quantity", line.quantity)
    line.price_at_moment = changes.get("price_at_moment", line.price_at_moment)
    db.flush()


def change_extra(db: Session, extra_id: int, changes: dict[str, Any]) -> None:
    """Cambia la cantidad o el precio de un extra de la visita.

    :raises NotFound: si no existe.
    :raises Conflict: `cita_cerrada` o `cita_facturada`.
    """
    line = _open_line(db, AppointmentExtra, extra_id)
    line.quantity = changes.get("quantity", line.quantity)
    line.price_charged = changes.get("price_charged", line.price_charged)
    db.flush()


def remove_line(db: Session, kind: type[Line], line_id: int) -> None:
    """Quita una línea de la visita.

    :raises NotFound: si no existe.
    :raises Conflict: `cita_cerrada` o `cita_facturada`.
    """
    db.delete(_open_line(db, kind, line_id))
    db.flush()
