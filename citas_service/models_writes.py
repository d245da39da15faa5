"""Lo que se escribe de una cita: ella misma y cada uno de sus cambios de estado.

Al completarla, `common.rules` escribe además existencias y movimientos.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from common.errors import NotFound
from common.tables.base import table_of
from common.tables.citas import Appointment, AppointmentStatusHistory


@dataclass(frozen=True)
class Locked:
    """Una cita bloqueada, con lo que dice en este instante."""

    appointment_id: int
    patient_id: int
    doctor_id: int
    start_time: datetime
    end_time: datetime
    status: str


_appointments, _history = table_of(Appointment), table_of(AppointmentStatusHistory)
_is_it = _appointments.c.appointment_id == bindparam("wanted")
_LOCKED = select(*(_appointments.c[name] for name in Locked.__annotations__)).where(_is_it).with_for_update()
_BOOKED = insert(_appointments).returning(_appointments.c.appointment_id, _appointments.c.status)
_CHANGED = update(_appointments).where(_is_it)
_REMEMBERED = insert(_history)


def locked(db: Session, appointment_id: int) -> Locked:
    """La cita, bloqueada hasta confirmar.

    :raises NotFound: si no existe.
    """
    row = db.execute(_LOCKED, {"wanted": appointment_id}).one_or_none()
    if row is None:
        raise NotFound("La cita no existe.")
    return Locked(*row)


def book(db: Session, values: Mapping[str, Any], *, user_id: int) -> int:
    """Guarda una cita nueva y devuelve su número."""
    appointment_id, status = db.execute(_BOOKED, {**values, "created_by": user_id}).one()
    remember(db, appointment_id, None, status, None, user_id=user_id)
    return int(appointment_id)


def change(db: Session, appointment_id: int, values: Mapping[str, Any]) -> None:
    """Cambia unas columnas de una cita."""
    db.execute(_CHANGED, {"wanted": appointment_id, **values})


def put_status(db: Session, appointment: Locked, status: str, reason: str | None, *, user_id: int) -> None:
    """Cambia el estado de una cita bloqueada y guarda quién, cuándo, de cuál a cuál y por qué."""
    change(db, appointment.appointment_id, {"status": status})
    remember(db, appointment.appointment_id, appointment.status, status, reason, user_id=user_id)


def remember(
    db: Session, appointment_id: int, former: str | None, status: str, reason: str | None, *, user_id: int
) -> None:
    """Guarda un cambio de estado."""
    entry = {"appointment_id": appointment_id, "from_status": former, "to_status": status}
    db.execute(_REMEMBERED, {**entry, "reason": reason, "changed_by": user_id})
