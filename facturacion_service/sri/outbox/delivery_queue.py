"""La cola de los correos que entregan un comprobante autorizado a su comprador."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy.orm import Session

from common.config import load_settings
from common.mail import smtp
from common.mail.smtp import MailError, MailServer
from common.outbox.queue import Transact
from common.utils import now
from common.watch.logs import logger
from facturacion_service.sri.exchange.machine_words import defect_words
from facturacion_service.sri.outbox import delivery_operations as deliveries
from facturacion_service.sri.outbox.delivery_queries import Parcel
from facturacion_service.sri.vouchers import authorization_xml, mail, reading


class DeliveryQueue:
    """Un correo por vez, con su RIDE y su archivo de autorización."""

    def claim(self, db: Session, owner: str) -> Parcel | None:
        """Toma el correo al que le toca salir, o ninguno."""
        return deliveries.claim(db, owner)

    def attend(self, parcel: Parcel, transact: Transact) -> None:
        """Lo envía y anota si salió.

        :raises LostLease: si lo tomado ya es de otro; no queda nada anotado.
        """
        try:
            smtp.send(letter(parcel, at=now()), _mail_server())
        except MailError as error:
            failure = error
            status = transact(lambda db: deliveries.record_failure(db, parcel, failure))
        else:
            status = transact(lambda db: deliveries.record_sent(db, parcel))
        logger.info("correo", extra={"fields": {**self.describe(parcel), "status": status}})

    def record_defect(self, db: Session, parcel: Parcel, error: Exception) -> None:
        """Cuando el programa falla con un correo: cuenta como un intento más.

        :raises LostLease: si ya es de otro.
        """
        deliveries.record_failure(db, parcel, MailError(defect_words(error), permanent=False))

    def describe(self, parcel: Parcel) -> Mapping[str, object]:
        """Lo que el registro dice de un correo: nunca a quién va."""
        return {"delivery_id": parcel.delivery_id, "document_id": parcel.document_id}

    def close(self) -> None:
        """Nada que soltar: cada correo abre su conexión."""


def letter(parcel: Parcel, *, at: datetime) -> EmailMessage:
    """El correo de un comprobante autorizado, con su RIDE y su archivo de autorización.

    :raises MailError: si la dirección no sirve.
    :raises Unreadable: si lo firmado no es un comprobante.
    """
    # Pesa, y no siempre hay correo que enviar.
    from facturacion_service.sri.ride import ride

    number, authorized_at = parcel.authorization_number, parcel.authorized_at
    return mail.message(
        reading.read(parcel.signed_xml),
        sender=load_settings().smtp_from,
        recipient=parcel.recipient,
        pdf=ride.render(parcel.signed_xml, authorization=(number, authorized_at), logo=parcel.logo),
        xml=authorization_xml.wrap(parcel.signed_xml, number, authorized_at, parcel.environment),
        at=at,
    )


def _mail_server() -> MailServer:
    settings = load_settings()
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )
