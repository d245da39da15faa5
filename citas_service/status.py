"""Los estados de una cita: hacia adelante y, con permiso, hacia atrás.

Al completarla salen sus insumos; al reabrirla vuelven con movimientos contrarios y nada se borra."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from citas_service import models, write_queries
from citas_service.models import RELEASED
from citas_service.schemas import APPOINTMENT_VERSION, StatusIn
from citas_service.write_queries import Locked
from common.auth_middleware import CurrentUser, check_permissions
from common.errors import Conflict, invalid
from common.permissions import Permission
from common.rules import recipes
from common.rules.transitions import Transitions, check_transition
from common.web.schemas import Payload
from common.web.versions import UNCONDITIONAL, Expected

# De qué estado se puede pasar a cuáles; lo que no está aquí no se puede.
TRANSITIONS: Transitions = {
    "PENDING": ("CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"),
    "CONFIRMED": ("IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"),
    "IN_PROGRESS": ("COMPLETED", "CANCELLED"),
    "COMPLETED": (),
    "CANCELLED": (),
    "NO_SHOW": (),
}
# De qué estado se vuelve a cuál y con qué permiso; hacia adelante, `TRANSITIONS`.
REOPENINGS: dict[tuple[str, str], Permission] = {
    ("COMPLETED", "IN_PROGRESS"): Permission.APPOINTMENTS_REOPEN,
}


def change_status(
    db: Session,
    appointment_id: int,
    body: StatusIn,
    *,
    user: CurrentUser,
    expected: Expected = UNCONDITIONAL,
) -> Sequence[Payload]:
    """Cambia el estado, hacia adelante o, con permiso, hacia atrás.

    :returns: lo consumido; vacío si no se completó.
    :raises NotFound: si la cita no existe.
    :raises Forbidden: si vuelve atrás sin el permiso.
    :raises Invalid: si reabre sin decir por qué.
    :raises Conflict: lo que impide el cambio; `cita_facturada` al reabrir lo ya facturado.
    :raises PreconditionFailed: si cambió desde que el cliente la leyó.
    """
    appointment = write_queries.locked(db, appointment_id)
    permission = REOPENINGS.get((appointment.status, body.status))
    if permission is None:
        return advance(db, appointment, body, user=user, expected=expected)
    check_permissions(user, (permission,))
    expected.check(APPOINTMENT_VERSION, lambda: models.appointment(db, appointment_id))
    _reopen(db, appointment, body, user)
    return []


def _reopen(db: Session, appointment: Locked, body: StatusIn, user: CurrentUser) -> None:
    if not body.reason:
        raise invalid("reason", "es obligatorio para reabrir una cita")
    _refuse_if_billed(db, appointment.appointment_id)
    recipes.restore(db, user_id=user.user_id, appointment_id=appointment.appointment_id)
    write_queries.put_status(db, appointment, body.status, body.reason, user_id=user.user_id)


def _refuse_if_billed(db: Session, appointment_id: int) -> None:
    """Con la cita bloqueada: quien la esté facturando ya acabó, o espera y verá la cita reabierta."""
    invoice = write_queries.live_invoice(db, appointment_id)
    if invoice is not None:
        which = f"la factura {invoice['invoice_number']}" if invoice["invoice_number"] else "un borrador"
        raise Conflict(
            f"La cita ya está en {which}; anúlela o devuélvala entera antes de reabrir.",
            code="cita_facturada",
            data=dict(invoice),
        )


def open_appointment(db: Session, appointment_id: int) -> Locked:
    """La cita bloqueada, si todavía admite cambios.

    :raises NotFound: si no existe.
    :raises Conflict: `cita_cerrada` si ya se completó, se canceló o el paciente no vino.
    """
    appointment = write_queries.locked(db, appointment_id)
    if not TRANSITIONS[appointment.status]:
        raise Conflict(f"La cita está en {appointment.status} y ya no admite cambios.", code="cita_cerrada")
    return appointment


def check_not_billed(db: Session, appointment_id: int) -> None:
    """Comprueba que ninguna factura emitida cobre la cita, ya bloqueada por quien llama.

    Emitir comparte el bloqueo de la cita: o se emite antes y aquí se ve, o espera y ve cómo quedó la cita.

    :raises Conflict: `cita_facturada`, con el número de la factura.
    """
    number = models.issued_invoice(db, appointment_id)
    if number is not None:
        raise Conflict(
            f"La cita ya se facturó con el número {number}; anúlela o devuélvala entera antes.",
            code="cita_facturada",
            data={"invoice_number": number},
        )


def advance(
    db: Session, appointment: Locked, body: StatusIn, *, user: CurrentUser, expected: Expected
) -> Sequence[Payload]:
    """Cambia el estado de una cita bloqueada; al completarla descuenta los insumos.

    :returns: lo consumido; vacío si no se completó.
    :raises Conflict: `transicion_invalida`; `stock_insuficiente` con todo lo que falta; `cita_facturada` si
        se cancela lo que ya se cobró.
    :raises PreconditionFailed: si cambió desde que el cliente la leyó.
    """
    appointment_id = appointment.appointment_id
    expected.check(APPOINTMENT_VERSION, lambda: models.appointment(db, appointment_id))
    check_transition(TRANSITIONS, appointment.status, body.status, what="Una cita")
    if body.status in RELEASED:
        check_not_billed(db, appointment_id)
    consumption: Sequence[Payload] = []
    if body.status == "COMPLETED":
        consumption = recipes.consume(db, appointment_id, user_id=user.user_id)
    write_queries.put_status(db, appointment, body.status, body.reason, user_id=user.user_id)
    return consumption
