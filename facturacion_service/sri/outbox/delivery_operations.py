"""El correo de un comprobante autorizado: tomarlo de la cola y anotar si salió.

Se entrega al menos una vez: si el trabajador muere entre que el servidor acepta el correo y que se anota, el
comprador lo recibe dos veces.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from common.mail.smtp import MailError
from common.outbox.leases import backoff
from common.utils import now
from facturacion_service.sri.outbox import delivery_queries
from facturacion_service.sri.outbox.delivery_queries import Parcel, SriDelivery
from facturacion_service.sri.settings.mail_problems import NO_SERVER, is_mail_configured

# Una sesión SMTP tiene varias esperas, cada una con su límite.
LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
# Con esas esperas, algo más de un día.
MOST_ATTEMPTS = 30


def claim(db: Session, owner: str) -> Parcel | None:
    """Toma el correo al que le toca salir, o ninguno."""
    return delivery_queries.claim_delivery(db, owner, LEASE)


def record_sent(db: Session, parcel: Parcel) -> str:
    """El servidor lo aceptó; devuelve cómo queda.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    delivery = delivery_queries.held_delivery(db, parcel)
    delivery.sent_at = now()
    return _finish(delivery, "ENVIADO", None)


def record_failure(db: Session, parcel: Parcel, error: MailError) -> str:
    """No salió: se vuelve a intentar, o se da por fallido si no tiene remedio; devuelve cómo queda.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    delivery = delivery_queries.held_delivery(db, parcel)
    if not is_mail_configured():
        return _finish(delivery, "OMITIDO", NO_SERVER)
    if error.permanent or delivery.attempts + 1 >= MOST_ATTEMPTS:
        return _finish(delivery, "FALLIDO", error.words)
    wait = backoff(delivery.attempts, FIRST_WAIT, LONGEST_WAIT)
    _finish(delivery, "PENDIENTE", error.words)
    delivery.next_attempt_at = now() + wait
    return delivery.status


def _finish(delivery: SriDelivery, status: str, detail: str | None) -> str:
    delivery.status, delivery.detail = status, detail
    delivery.attempts += 1
    delivery.next_attempt_at = delivery.lease_owner = delivery.lease_until = None
    return status
