"""Lo que pasa con un comprobante tomado de la cola: firmarlo, enviarlo, preguntar por él y anotarlo todo.

Cada cambio de estado va en la misma transacción que la conversación con el SRI que lo causó, y suelta el
comprobante. La máquina (`exchange.machine`) decide; aquí se guarda lo decidido.
"""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, cast

from sqlalchemy.orm import Session

from common.config import load_settings
from common.utils import clinic_today, now
from facturacion_service.sri.documents import changes
from facturacion_service.sri.documents.deliveries import ANOTHER_VERSION, enqueue
from facturacion_service.sri.exchange import machine
from facturacion_service.sri.exchange.answers import Authorization, Message, Reception
from facturacion_service.sri.exchange.client import Exchange, SriError
from facturacion_service.sri.exchange.error_codes import governing
from facturacion_service.sri.exchange.machine import Decision, Situation
from facturacion_service.sri.exchange.machine_rules import Event
from facturacion_service.sri.exchange.machine_words import MODIFIED_WORDS, defect_words, renumber_words
from facturacion_service.sri.outbox import delivery_queries
from facturacion_service.sri.outbox import queries as outbox
from facturacion_service.sri.outbox.queries import Claim, SriAnswer, SriDocument
from facturacion_service.sri.settings.certificates import CredentialError, current_credential
from facturacion_service.sri.signing import signature
from facturacion_service.sri.signing.signature import Algorithm, SignatureError
from facturacion_service.sri.vouchers.same_document import is_another_version

LONGEST_OUTCOME = 500  # caracteres
OUT_OF_TIME = "65"
# Cuántas veces un documento toma solo otro número; después, que lo vea una persona.
MOST_RENUMBERINGS = 3


def claim(db: Session, owner: str) -> Claim | None:
    """Toma el comprobante al que le toca su paso, o ninguno."""
    return outbox.claim_document(db, owner, _lease())


def _lease() -> timedelta:
    """Lo que puede durar una llamada al SRI y algo más."""
    return timedelta(seconds=2 * load_settings().sri_timeout_seconds + 30)


def sign(db: Session, claim: Claim) -> Decision:
    """Firma un comprobante pendiente; si no hay con qué, lo dice y espera.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    document = outbox.held_document(db, claim)
    situation = _situation(document)
    try:
        certificate_id, credential = current_credential(db)
        algorithm = cast(Algorithm, load_settings().sri_signature_algorithm)
        signed = signature.sign(document.unsigned_xml, credential, algorithm=algorithm, at=situation.at)
    except (CredentialError, SignatureError) as error:
        return _apply(document, situation, machine.after_unsignable(situation, str(error)))
    document.signed_xml, document.signed_at = signed, situation.at
    document.certificate_id = certificate_id
    return _apply(document, situation, machine.after_signing(situation))


def start_sending(db: Session, claim: Claim) -> bytes | None:
    """Deja dicho que se va a enviar, antes de hacerlo; los bytes que se envían, o None si debe esperar.

    Quien muera después de confirmar esto deja un ENVIADO, y por un ENVIADO se pregunta antes de reenviarlo.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    document = outbox.held_document(db, claim)
    situation = _situation(document)
    if not outbox.is_sending_open(db):
        document.lease_owner = document.lease_until = None
        return None
    if document.credit_note_id is not None and (status := _modified(db, document.invoice_id)) != "AUTORIZADO":
        _apply(document, situation, machine.after_waiting(situation, MODIFIED_WORDS.get(status)))
        return None
    document.status, document.messages = "ENVIADO", []
    # Entero desde aquí: la base pudo tardar en dejar tomarlo.
    document.lease_until = situation.at + _lease()
    return document.signed_xml


def _modified(db: Session, invoice_id: int) -> str:
    """En qué va la factura que modifica una nota; lo que se facturó sin comprobante no hace esperar."""
    documents = outbox.invoice_documents(db, invoice_id)
    live = next((row for row in documents if row["is_live"]), None)
    if live is None:
        return "SIN_VIGENTE" if documents else "AUTORIZADO"
    return live["status"]


def record_sending(db: Session, claim: Claim, outcome: Exchange[Reception] | SriError) -> Decision:
    """Guarda lo que el SRI contestó al envío, o por qué no contestó, y a dónde lleva.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    document = outbox.held_document(db, claim)
    situation = _situation(document)
    _keep(db, document, "RECEPCION", outcome)
    answer = outcome if isinstance(outcome, SriError) else outcome.answer
    decision = machine.after_sending(situation, answer)
    if decision.event is not Event.NOT_SENT:
        document.sent_at = outcome.asked_at
    return _settle(db, document, situation, decision)


def record_asking(db: Session, claim: Claim, outcome: Exchange[Authorization] | SriError) -> Decision:
    """Guarda lo que el SRI contestó por la clave y a dónde lleva; si la autorizó, encola su correo.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    document = outbox.held_document(db, claim)
    situation = _questioned(db, document)
    _keep(db, document, "AUTORIZACION", outcome)
    # De un ENVIADO por el que se pregunta no se sabe que no saliera.
    document.sent_at = document.sent_at or outcome.asked_at
    if isinstance(outcome, SriError):
        return _settle(db, document, situation, machine.after_asking(situation, outcome))
    answer = outcome.answer
    stale = is_another_version(answer.document, document.signed_xml or b"")
    decision = machine.after_asking(situation, answer, stale=stale)
    if decision.event is Event.AUTHORIZED:
        document.authorization_number = answer.number
        document.authorized_at = answer.at or outcome.answered_at
        document.authorized_xml = (answer.document or "").encode() if stale else None
    return _settle(db, document, situation, decision)


def record_defect(db: Session, claim: Claim, error: Exception) -> Decision:
    """Cuando el programa falla con un comprobante: avisa, espera y deja seguir a los demás.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    document = outbox.held_document(db, claim)
    # Sin los mensajes: lo guardado puede ser justo lo que no se entiende.
    situation = _situation(document, messages=())
    return _apply(document, situation, machine.after_defect(situation, defect_words(error)))


def renumber(db: Session, claim: Claim, decision: Decision) -> bool:
    """Si así se configuró y sirve de algo, da otro número a un comprobante cuyo número el SRI no admite.

    Va en otra transacción que el rechazo: aquí se bloquea primero la factura, como hace quien lo pide a mano.

    :raises AppError: si no se puede; el comprobante queda rechazado y con su aviso.
    """
    if not outbox.renumbers_automatically(db) or not _is_worth_renumbering(db, claim, decision):
        return False
    changes.renumber(db, claim.document_id, renumber_words(decision.messages or ()))
    return True


def _is_worth_renumbering(db: Session, claim: Claim, decision: Decision) -> bool:
    """Con un reloj mal puesto o una numeración que empieza donde no es, cada número nuevo se perdería."""
    rejected = outbox.issued(db, claim.document_id)
    if governing(decision.messages or ()).code == OUT_OF_TIME and rejected["issue_date"] == clinic_today():
        return False
    return rejected["voided"] < MOST_RENUMBERINGS


def _situation(document: SriDocument, messages: tuple[Message, ...] | None = None) -> Situation:
    received = document.received_at if document.status == "RECIBIDO" else None
    return Situation(
        status=document.status,
        attempts=document.attempts,
        since=received or document.signed_at or document.created_at,
        at=now(),
        first_query=timedelta(seconds=load_settings().sri_first_query_seconds),
        messages=tuple(Message(**saved) for saved in document.messages) if messages is None else messages,
    )


def _questioned(db: Session, document: SriDocument) -> Situation:
    """La situación de uno por el que se pregunta: también si el SRI puede tener un envío anterior."""
    in_doubt = document.status == "ENVIADO" and outbox.was_asked_before_last_sending(db, document)
    return replace(_situation(document), doubt_since=document.sent_at if in_doubt else None)


def _settle(db: Session, document: SriDocument, situation: Situation, decision: Decision) -> Decision:
    """Guarda lo decidido y lo que trae consigo en lo demás."""
    _apply(document, situation, decision)
    if decision.stop_reason is not None:
        outbox.stop_sending(db, document, decision.stop_reason)
    if decision.event is Event.AUTHORIZED:
        recipient = delivery_queries.buyer_email(db, document.invoice_id)
        problem = ANOTHER_VERSION if document.authorized_xml else None
        enqueue(db, document.document_id, recipient, problem=problem)
        outbox.wake_credit_notes(db, document.invoice_id)
    return decision


def _apply(document: SriDocument, situation: Situation, decision: Decision) -> Decision:
    if decision.status == "RECIBIDO" != document.status:
        document.received_at = situation.at
    document.status, document.attempts = decision.status, decision.attempts
    document.attention = decision.attention
    if decision.messages is not None:
        document.messages = [asdict(message) for message in decision.messages]
    document.next_attempt_at = None if decision.wait is None else situation.at + decision.wait
    document.lease_owner = document.lease_until = None
    return decision


def _keep(db: Session, document: SriDocument, operation: str, outcome: Exchange[Any] | SriError) -> None:
    if isinstance(outcome, SriError):
        answered_at, understood = outcome.failed_at, outcome.reason
    else:
        answered_at, understood = outcome.answered_at, _understood(outcome.answer)
    db.add(
        SriAnswer(
            document_id=document.document_id,
            operation=operation,
            asked_at=outcome.asked_at,
            answered_at=answered_at,
            http_status=outcome.http_status,
            outcome=_words(understood),
            raw=outcome.raw,
        )
    )


def _understood(answer: Reception | Authorization) -> str:
    codes = [message.identifier for message in answer.messages if message.identifier]
    return f"{answer.state} ({', '.join(codes)})" if codes else answer.state


def _words(text: str) -> str:
    # PostgreSQL no guarda el carácter nulo, y lo que llega de la red puede traerlo.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_OUTCOME]
