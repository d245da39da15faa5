"""Lo que tocan los enlaces de calendario. Escribe los enlaces; de usuarios y pacientes solo lee columnas."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from citas_service.models import DOCTOR
from common.database import Database, fetch_all, fetch_one
from common.tables.auth import User
from common.tables.citas import Appointment, DoctorCalendarLink
from common.tables.historia_clinica import Patient
from common.utils import now

__all__ = ["DoctorCalendarLink"]

_LIVE = DoctorCalendarLink.revoked_at.is_(None)
# Un doctor desactivado, o que ya no lo es, deja de tener calendario sin que nadie revoque nada.
_LINK = (
    DOCTOR.add_columns(DoctorCalendarLink.token_hash)
    .join(DoctorCalendarLink, DoctorCalendarLink.doctor_id == User.user_id)
    .where(_LIVE, User.user_id == bindparam("doctor_id"))
)
_STATE = (
    select(
        DoctorCalendarLink.doctor_id,
        DoctorCalendarLink.created_at,
        DoctorCalendarLink.created_by,
        User.full_name.label("created_by_name"),
    )
    .join(User, User.user_id == DoctorCalendarLink.created_by)
    .where(_LIVE, DoctorCalendarLink.doctor_id == bindparam("doctor_id"))
)
_EVENTS = (
    select(
        Appointment.appointment_id,
        Appointment.start_time,
        Appointment.end_time,
        Appointment.status,
        Appointment.created_at,
        Appointment.updated_at,
        Patient.full_name.label("patient_name"),
    )
    .join(Patient, Patient.patient_id == Appointment.patient_id)
    .where(
        Appointment.doctor_id == bindparam("doctor_id"),
        Appointment.start_time >= bindparam("since"),
        Appointment.start_time < bindparam("until"),
    )
    .order_by(Appointment.start_time, Appointment.appointment_id)
)


def lock_doctor(db: Session, doctor_id: int) -> None:
    """Pone en fila a quienes cambian el enlace de un doctor; agendarle no espera."""
    db.execute(select(User.user_id).where(User.user_id == doctor_id).with_for_update(key_share=True))


def revoke(db: Session, doctor_id: int) -> int | None:
    """Revoca el enlace vigente de un doctor y devuelve su número, si lo había."""
    mine = update(DoctorCalendarLink).where(DoctorCalendarLink.doctor_id == doctor_id, _LIVE)
    return db.scalar(mine.values(revoked_at=now()).returning(DoctorCalendarLink.link_id))


def live_link(db: Database, doctor_id: int) -> dict[str, Any] | None:
    """El doctor activo y el resumen de su enlace vigente, si lo tiene."""
    return fetch_one(db, _LINK, doctor_id=doctor_id)


def state(db: Database, doctor_id: int) -> dict[str, Any] | None:
    """Desde cuándo tiene enlace un doctor y quién se lo dio, sin el secreto; None si no tiene."""
    return fetch_one(db, _STATE, doctor_id=doctor_id)


def events(db: Database, doctor_id: int, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Las citas de un doctor que empiezan en `[since, until)`, en orden."""
    return fetch_all(db, _EVENTS, doctor_id=doctor_id, since=since, until=until)
