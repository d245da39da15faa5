"""Reabrir una cita completada: los insumos vuelven con movimientos contrarios y nada se borra."""

from typing import Any

from sqlalchemy.orm import Session

from citas_service import models, models_reopen, models_writes, operations
from citas_service.models_writes import Locked
from citas_service.schemas import APPOINTMENT_VERSION, StatusIn
from common.auth_middleware import CurrentUser, check_permissions
from common.errors import Conflict, invalid
from common.permissions import Permission
from common.rules import recipes
from common.versions import UNCONDITIONAL, Expected

# De qué estado se vuelve a cuál y con qué permiso; hacia adelante, `operations.TRANSITIONS`.
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
) -> list[dict[str, Any]]:
    """Cambia el estado, hacia adelante o, con permiso, hacia atrás.

    :returns: lo consumido; vacío si no se completó.
    :raises NotFound: si la cita no existe.
    :raises Forbidden: si vuelve atrás sin el permiso.
    :raises Invalid: si reabre sin decir por qué.
    :raises Conflict: lo que impide el cambio; `cita_facturada` al reabrir lo ya facturado.
    :raises PreconditionFailed: si cambió desde que el cliente la leyó.
    """
    appointment = models_writes.locked(db, appointment_id)
    permission = REOPENINGS.get((appointment.status, body.status))
    if permission is None:
        return operations.advance(db, appointment, body, user=user, expected=expected)
    check_permissions(user, (permission,))
    expected.check(APPOINTMENT_VERSION, lambda: models.appointment(db, appointment_id))
    _reopen(db, appointment, body, user)
    return []


def _reopen(db: Session, appointment: Locked, body: StatusIn, user: CurrentUser) -> None:
    if not body.reason:
        raise invalid("reason", "es obligatorio para reabrir una cita")
    _refuse_if_billed(db, appointment.appointment_id)
    recipes.restore(db, user_id=user.user_id, appointment_id=appointment.appointment_id)
    models_writes.put_status(db, appointment, body.status, body.reason, user_id=user.user_id)


def _refuse_if_billed(db: Session, appointment_id: int) -> None:
    """Con la cita bloqueada: quien la esté facturando ya acabó, o espera y verá la cita reabierta."""
    invoice = models_reopen.live_invoice(db, appointment_id)
    if invoice is not None:
        which = f"la factura {invoice['invoice_number']}" if invoice["invoice_number"] else "un borrador"
        raise Conflict(
            f"La cita ya está en {which}; anúlela o devuélvala entera antes de reabrir.",
            code="cita_facturada",
            data=invoice,
        )
