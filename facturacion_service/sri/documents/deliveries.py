"""A quién se entrega por correo un comprobante autorizado, o por qué no se puede."""

from sqlalchemy.orm import Session

from common.utils import now
from facturacion_service.sri.documents.queries import SriDelivery
from facturacion_service.sri.settings.mail_problems import NO_SERVER, is_mail_configured

ANOTHER_VERSION = "El SRI autorizó una versión anterior, quizá a nombre de otro: revísela antes de enviarla."
NO_RECIPIENT = "El comprador no dio un correo electrónico."


def enqueue(
    db: Session, document_id: int, recipient: str | None, *, problem: str | None = None
) -> SriDelivery:
    """Pone en cola el correo de un comprobante autorizado; si no se puede enviar, queda dicho por qué.

    :param problem: por qué no conviene enviarlo solo, si por algo.
    """
    if not problem and not is_mail_configured():
        problem = NO_SERVER
    if not problem and not recipient:
        problem = NO_RECIPIENT
    delivery = SriDelivery(
        document_id=document_id,
        recipient=recipient,
        status="OMITIDO" if problem else "PENDIENTE",
        detail=problem,
        next_attempt_at=None if problem else now(),
    )
    db.add(delivery)
    db.flush()
    return delivery
