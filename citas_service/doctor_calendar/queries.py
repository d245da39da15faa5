"""Lo que tocan los enlaces de calendario. Escribe los enlaces; de usuarios y pacientes solo lee columnas."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from citas_service.doctor_calendar.rows import EventRow, LinkRow, LinkStateRow, RevokedRow
from citas_service.models import DOCTOR
from common.database import Database, fetch_all, fetch_one
from common.sql.statements import FixedQuery, FixedWrite, columns
from common.tables.auth import User
from common.tables.base import table_of
from common.tables.citas import Appointment, DoctorCalendarLink
from common.tables.historia_clinica import Patient
from common.utils import now

__all__ = ["DoctorCalendarLink"]

_LIVE = DoctorCalendarLink.revoked_at.is_(None)
# Un doctor desactivado, o que ya no lo es, deja de tener calendario sin que nadie revoque nada.
_LINK = FixedQuery(
    LinkRow,
    DOCTOR.add_columns(DoctorCalendarLink.token_hash)
    .join(DoctorCalendarLink, DoctorCalendarLink.doctor_id == User.user_id)
    .where(_LIVE, User.user_id == bindparam("doctor_id")),
)
_STATE = FixedQuery(
    LinkStateRow,
    select(*columns(LinkStateRow, DoctorCalendarLink, created_by_name=User.full_name))
    .join(User, User.user_id == DoctorCalendarLink.created_by)
    .where(_LIVE, DoctorCalendarLink.doctor_id == bindparam("doctor_id")),
)
_links = table_of(DoctorCalendarLink)
_REVOKED = FixedWrite(
    update(_links)
    .where(_links.c.doctor_id == bindparam("doctor"), _links.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("instant"))
    .returning(_links.c.link_id),
    returning=RevokedRow,
)
_EVENTS = FixedQuery(
    EventRow,
    select(*columns(EventRow, Appointment, patient_name=Patient.full_name))
    .join(Patient, Patient.patient_id == Appointment.patient_id)
    .where(
        Appointment.doctor_id == bindparam("doctor_id"),
        Appointment.start_time >= bindparam("since"),
        Appointment.start_time < bindparam("until"),
    )
    .order_by(Appointment.start_time, Appointment.appointment_id),
)


def revoke(db: Session, doctor_id: int) -> int | None:
    """Revoca el enlace vigente de un doctor y devuelve su número, si lo había."""
    revoked = fetch_one(db, _REVOKED, doctor=doctor_id, instant=now())
    return revoked["link_id"] if revoked else None


def live_link(db: Database, doctor_id: int) -> LinkRow | None:
    """El doctor activo y el resumen de su enlace vigente, si lo tiene."""
    return fetch_one(db, _LINK, doctor_id=doctor_id)


def state(db: Database, doctor_id: int) -> LinkStateRow | None:
    """Desde cuándo tiene enlace un doctor y quién se lo dio, sin el secreto; None si no tiene."""
    return fetch_one(db, _STATE, doctor_id=doctor_id)


def events(db: Database, doctor_id: int, since: datetime, until: datetime) -> list[EventRow]:
    """Las citas de un doctor que empiezan en `[since, until)`, en orden."""
    return fetch_all(db, _EVENTS, doctor_id=doctor_id, since=since, until=until)
