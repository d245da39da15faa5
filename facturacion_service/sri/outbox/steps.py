"""Un paso de lo que el trabajador tomó: la llamada al SRI o al servidor de correo y lo que se anota de ella.

Aquí no se abren transacciones: quien trabaja presta con qué hacerlas, y entre una y otra va la llamada.
"""

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from common.config import load_settings
from common.errors import AppError
from common.mail import smtp
from common.mail.smtp import MailError, MailServer
from common.utils import now
from common.watch.logs import logger
from facturacion_service.sri.exchange.client import SriClient, SriError
from facturacion_service.sri.exchange.machine import Decision
from facturacion_service.sri.exchange.machine_rules import STEPS, Step
from facturacion_service.sri.exchange.machine_words import defect_words
from facturacion_service.sri.outbox import delivery_operations as deliveries
from facturacion_service.sri.outbox import operations as outbox
from facturacion_service.sri.outbox.delivery_queries import Parcel
from facturacion_service.sri.outbox.queries import Claim
from facturacion_service.sri.vouchers import authorization_xml, mail, reading

Job = Claim | Parcel
Result = TypeVar("Result")


class Transact(Protocol):
    """Quien hace algo en una transacción y devuelve lo que salga."""

    def __call__(self, act: Callable[[Session], Result]) -> Result:
        """Lo hace, todo o nada."""


class SriLines:
    """Los clientes del SRI de un hilo: uno por ambiente, el del comprobante y no el de ahora."""

    def __init__(self) -> None:
        self._clients: dict[str, SriClient] = {}

    def of(self, claim: Claim) -> SriClient:
        """El del ambiente de un comprobante."""
        if claim.environment not in self._clients:
            settings = load_settings()
            urls = {"PRUEBAS": settings.sri_url_pruebas, "PRODUCCION": settings.sri_url_produccion}
            client = SriClient(urls[claim.environment], settings.sri_timeout_seconds)
            self._clients[claim.environment] = client
        return self._clients[claim.environment]

    def close(self) -> None:
        """Suelta las conexiones."""
        for client in self._clients.values():
            client.close()


def attend(job: Job, lines: SriLines, transact: Transact) -> None:
    """Hace el paso que toca.

    :raises LostLease: si lo tomado ya es de otro; no queda nada anotado.
    """
    if isinstance(job, Parcel):
        _deliver(job, transact)
        return
    steps = {Step.SIGN: _sign, Step.SEND: _send, Step.ASK: _ask}
    decision = steps[STEPS[job.status]](job, lines, transact)
    if decision is None:
        return
    _tell(job, decision)
    if decision.renumber:
        _renumber(job, decision, transact)


def _sign(claim: Claim, _lines: SriLines, transact: Transact) -> Decision | None:
    return transact(lambda db: outbox.sign(db, claim))


def _send(claim: Claim, lines: SriLines, transact: Transact) -> Decision | None:
    signed = transact(lambda db: outbox.start_sending(db, claim))
    if signed is None:
        return None
    outcome = _outcome(lambda: lines.of(claim).send(signed))
    return transact(lambda db: outbox.record_sending(db, claim, outcome))


def _ask(claim: Claim, lines: SriLines, transact: Transact) -> Decision | None:
    outcome = _outcome(lambda: lines.of(claim).ask(claim.access_key))
    return transact(lambda db: outbox.record_asking(db, claim, outcome))


def _outcome(act: Callable[[], Result]) -> Result | SriError:
    try:
        return act()
    except SriError as error:
        return error


def _tell(claim: Claim, decision: Decision) -> None:
    log = logger.error if decision.alarm else logger.info
    fields = {"event": decision.event, "status": decision.status}
    log("comprobante", extra={"fields": {**describe(claim), **fields}})


def _renumber(claim: Claim, decision: Decision, transact: Transact) -> None:
    try:
        done = transact(lambda db: outbox.renumber(db, claim, decision))
    except AppError as error:
        # Que lo haga una persona: el aviso del comprobante ya lo pide.
        logger.error(f"no se pudo dar otro número: {error.message}", extra={"fields": describe(claim)})
    else:
        logger.info("número cambiado" if done else "número por cambiar", extra={"fields": describe(claim)})


def _deliver(parcel: Parcel, transact: Transact) -> None:
    try:
        smtp.send(letter(parcel, at=now()), _mail_server())
    except MailError as error:
        failure = error
        status = transact(lambda db: deliveries.record_failure(db, parcel, failure))
    else:
        status = transact(lambda db: deliveries.record_sent(db, parcel))
    logger.info("correo", extra={"fields": {**describe(parcel), "status": status}})


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


def record_defect(db: Session, job: Job, error: Exception) -> None:
    """Cuando el programa falla con lo que tomó: avisa, espera y deja seguir a los demás.

    :raises LostLease: si ya es de otro.
    """
    if isinstance(job, Parcel):
        deliveries.record_failure(db, job, MailError(defect_words(error), permanent=False))
    else:
        outbox.record_defect(db, job, error)


def describe(job: Job | None) -> dict[str, Any]:
    """Lo que el registro dice de lo tomado: nunca de quién es."""
    if job is None:
        return {}
    if isinstance(job, Parcel):
        return {"delivery_id": job.delivery_id, "document_id": job.document_id}
    return {"document_id": job.document_id, "access_key": job.access_key}
