"""El calendario de un doctor: su enlace secreto y las citas que muestra.

Quien tiene el enlace no ha entrado al sistema, así que de cada cita ve la hora y las iniciales del
paciente: nunca el motivo ni nada de su salud.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TypedDict

from sqlalchemy.orm import Session

from citas_service import models
from citas_service.doctor_calendar import queries
from citas_service.doctor_calendar.ical import Event, calendar
from citas_service.doctor_calendar.queries import DoctorCalendarLink
from citas_service.doctor_calendar.rows import EventRow
from common.access.confirmation import confirm_actor
from common.auth_middleware import CurrentUser, check_permissions
from common.database import Database
from common.errors import NotFound
from common.permissions import Permission
from common.rules import audit
from common.utils import now

PAST, FUTURE = timedelta(days=30), timedelta(days=180)
SECRET_BYTES = 32
ENTITY = "doctor_calendar_links"
PATH = "/api/citas/doctors/{doctor_id}/calendar.ics?token={token}"

# Lo que dice el calendario de cada estado de una cita.
STATUSES = {
    "PENDING": "TENTATIVE",
    "CONFIRMED": "CONFIRMED",
    "IN_PROGRESS": "CONFIRMED",
    "COMPLETED": "CONFIRMED",
    "CANCELLED": "CANCELLED",
    "NO_SHOW": "CANCELLED",
}


class NewLink(TypedDict):
    """Un enlace recién hecho: `path` lleva el secreto."""

    doctor_id: int
    path: str
    created_at: datetime


def make_link(db: Session, doctor_id: int, *, user: CurrentUser) -> NewLink:
    """Un enlace nuevo; el anterior deja de servir. Del secreto solo se guarda su resumen.

    :raises NotFound: si el doctor no existe.
    :raises Unauthorized: si la cuenta o la sesión de quien lo pide ya se cerraron.
    :raises Forbidden: si no es el propio doctor ni quien lleva la agenda.
    """
    _confirm_owner(db, doctor_id, user=user)
    former = queries.revoke(db, doctor_id)
    token = secrets.token_urlsafe(SECRET_BYTES)
    link = DoctorCalendarLink(doctor_id=doctor_id, token_hash=digest(token), created_by=user.user_id)
    db.add(link)
    db.flush()
    details = {"doctor_id": doctor_id, "revoked": former}
    audit.record(db, user, "CREATE", ENTITY, link.link_id, details=details)
    path = PATH.format(doctor_id=doctor_id, token=token)
    return {"doctor_id": doctor_id, "path": path, "created_at": link.created_at}


def revoke_link(db: Session, doctor_id: int, *, user: CurrentUser) -> None:
    """Revoca el enlace vigente.

    :raises NotFound: si el doctor no existe o no tiene enlace.
    :raises Unauthorized: si la cuenta o la sesión de quien lo pide ya se cerraron.
    :raises Forbidden: si no es el propio doctor ni quien lleva la agenda.
    """
    _confirm_owner(db, doctor_id, user=user)
    revoked = queries.revoke(db, doctor_id)
    if revoked is None:
        raise NotFound("El doctor no tiene un enlace vigente.")
    audit.record(db, user, "DELETE", ENTITY, revoked, details={"doctor_id": doctor_id})


def _confirm_owner(db: Session, doctor_id: int, *, user: CurrentUser) -> None:
    """Como :func:`check_owner`, por lo guardado; quienes cambian el enlace de un doctor van en fila."""
    check_owner(db, doctor_id, user=confirm_actor(db, user, target=doctor_id))


def check_owner(db: Database, doctor_id: int, *, user: CurrentUser) -> None:
    """El enlace es cosa del propio doctor o de quien lleva la agenda.

    :raises NotFound: si el doctor no existe.
    :raises Forbidden: si quien llama no es ninguno de los dos.
    """
    models.doctor(db, doctor_id)
    if user.user_id != doctor_id:
        check_permissions(user, (Permission.APPOINTMENTS_WRITE,))


def digest(token: str) -> str:
    """El resumen de un secreto; son 256 bits al azar, así que no le hace falta sal."""
    return hashlib.sha256(token.encode()).hexdigest()


def feed(db: Database, doctor_id: int, token: str) -> bytes:
    """El calendario de un doctor, de hace 30 días a dentro de 180.

    :raises NotFound: si el secreto no es el vigente o el doctor ya no atiende; no se dice cuál.
    """
    link = queries.live_link(db, doctor_id)
    if link is None or not hmac.compare_digest(link["token_hash"], digest(token)):
        raise NotFound("El calendario no existe.")
    rows = queries.events(db, doctor_id, now() - PAST, now() + FUTURE)
    return calendar(f"Agenda de {link['full_name']}", map(event, rows))


def event(row: EventRow) -> Event:
    """Una cita como suceso; su número de cambio son los segundos desde que se agendó: nunca baja."""
    changed = row["updated_at"] - row["created_at"]
    return Event(
        uid=f"cita-{row['appointment_id']}-{int(row['created_at'].timestamp())}@sistema-gestion-clinica",
        summary=f"Cita {initials(row['patient_name'])}",
        start=row["start_time"],
        end=row["end_time"],
        status=STATUSES[row["status"]],
        changed_at=row["updated_at"],
        sequence=max(0, int(changed.total_seconds())),
    )


def initials(name: str) -> str:
    """Las iniciales de un nombre: «Ana María Pérez» es «A. M. P.»."""
    return " ".join(f"{word[0].upper()}." for word in name.split())
