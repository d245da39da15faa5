"""Lo que se escribe de una cita: ella misma y cada uno de sus cambios de estado.

Al completarla, `common.rules` escribe además existencias y movimientos.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from citas_service.rows import BookedRow, LiveInvoiceRow
from common.database import Database, fetch_one, write
from common.errors import NotFound
from common.sql.statements import FixedQuery, FixedWrite, columns
from common.tables.base import table_of
from common.tables.citas import Appointment, AppointmentStatusHistory
from common.tables.facturacion import Invoice


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
_LOCKED = FixedQuery(Locked, select(*columns(Locked, _appointments)).where(_is_it).with_for_update())
_BOOKED = FixedWrite(
    insert(_appointments).returning(_appointments.c.appointment_id),
    *("patient_id", "doctor_id", "start_time", "end_time", "status", "reason", "created_by"),
    returning=BookedRow,
)
# Qué columnas cambian depende de cada petición: sola no es fija.
_CHANGED = update(_appointments).where(_is_it)
_STATUS = FixedWrite(_CHANGED, "status")
_REMEMBERED = FixedWrite(
    insert(_history), "appointment_id", "from_status", "to_status", "reason", "changed_by"
)


def locked(db: Session, appointment_id: int) -> Locked:
    """La cita, bloqueada hasta confirmar.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _LOCKED, wanted=appointment_id)
    if row is None:
        raise NotFound("La cita no existe.")
    return row


def book(db: Session, values: Mapping[str, Any], *, user_id: int) -> int:
    """Guarda una cita nueva y devuelve su número."""
    booked = fetch_one(db, _BOOKED, **values, created_by=user_id)
    assert booked is not None
    remember(db, booked["appointment_id"], None, values["status"], None, user_id=user_id)
    return booked["appointment_id"]


def change(db: Session, appointment_id: int, values: Mapping[str, Any]) -> None:
    """Cambia unas columnas de una cita."""
    db.execute(_CHANGED, {"wanted": appointment_id, **values})


def put_status(db: Session, appointment: Locked, status: str, reason: str | None, *, user_id: int) -> None:
    """Cambia el estado de una cita bloqueada y guarda quién, cuándo, de cuál a cuál y por qué."""
    write(db, _STATUS, wanted=appointment.appointment_id, status=status)
    remember(db, appointment.appointment_id, appointment.status, status, reason, user_id=user_id)


def remember(
    db: Session, appointment_id: int, former: str | None, status: str, reason: str | None, *, user_id: int
) -> None:
    """Guarda un cambio de estado."""
    entry = {"appointment_id": appointment_id, "from_status": former, "to_status": status}
    write(db, _REMEMBERED, **entry, reason=reason, changed_by=user_id)


# Una sola puede estar viva por cita: lo guarda un índice único. La que sus notas de crédito devolvieron
# entera ya no la cobra.
_LIVE_INVOICE = FixedQuery(
    LiveInvoiceRow,
    select(*columns(LiveInvoiceRow, Invoice)).where(
        Invoice.appointment_id == bindparam("appointment_id"),
        Invoice.status != "ANNULLED",
        ~Invoice.credited_in_full,
    ),
)


def live_invoice(db: Database, appointment_id: int) -> LiveInvoiceRow | None:
    """La factura que cobra una cita, también en borrador: ni anulada ni devuelta entera; o None."""
    return fetch_one(db, _LIVE_INVOICE, appointment_id=appointment_id)
