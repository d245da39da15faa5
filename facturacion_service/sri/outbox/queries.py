"""La cola de comprobantes hacia el SRI: tomar el que toca, tenerlo en arriendo y guardar lo conversado.

Varios trabajadores pueden vaciarla a la vez. Quien toma un comprobante lo tiene en arriendo hasta una hora;
si muere, otro lo toma al vencer. Todo cambio posterior exige seguir teniéndolo.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from common.database import Database, fetch_all, fetch_one
from common.outbox.leases import LostLease, free
from common.tables.sri import SriAnswer, SriDocument
from common.tables.sri_settings import SriSettings
from common.utils import now
from facturacion_service.sri.exchange.machine_rules import STEPS
from facturacion_service.sri.settings.queries import _wake
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO

__all__ = ["SriAnswer", "SriDocument"]

# Con los envíos apagados o detenidos se firma y se pregunta, pero nada nuevo sale.
SENDING_IS_OPEN = exists().where(SriSettings.transmission_enabled, SriSettings.stopped_reason.is_(None))


@dataclass(frozen=True)
class Claim:
    """Un comprobante tomado en arriendo, con el estado que tenía."""

    document_id: int
    owner: str
    status: str
    environment: str
    access_key: str
    until: datetime


def claim_document(db: Session, owner: str, lease: timedelta) -> Claim | None:
    """Toma el comprobante que más tiempo lleva esperando su paso siguiente, o ninguno.

    El que otro está tomando se salta, sin esperarlo.
    """
    at = now()
    columns = (SriDocument.document_id, SriDocument.status, SriDocument.environment, SriDocument.access_key)
    found = db.execute(
        update(SriDocument)
        .where(SriDocument.document_id == _first_due(at))
        # Tomarlo no es cambiarlo.
        .values(lease_owner=owner, lease_until=at + lease, updated_at=SriDocument.updated_at)
        .returning(*columns)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if found is None:
        return None
    document_id, status, environment, access_key = found
    return Claim(document_id, owner, status, environment, access_key, at + lease)


def _first_due(at: datetime) -> Any:
    return (
        select(SriDocument.document_id)
        .where(
            SriDocument.next_attempt_at <= at,
            SriDocument.voided_at.is_(None),
            SriDocument.status.in_(STEPS),
            or_(SriDocument.status != "FIRMADO", SENDING_IS_OPEN),
            free(SriDocument, at),
        )
        .order_by(SriDocument.next_attempt_at, SriDocument.document_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=SriDocument)
        .scalar_subquery()
    )


def held_document(db: Session, claim: Claim) -> SriDocument:
    """El comprobante tomado, bloqueado hasta confirmar.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    statement = select(SriDocument).where(
        SriDocument.document_id == claim.document_id,
        SriDocument.lease_owner == claim.owner,
        SriDocument.voided_at.is_(None),
    )
    row = db.scalars(statement.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise LostLease(claim.document_id)
    return row


def is_sending_open(db: Database) -> bool:
    """Si los envíos están encendidos y nada los detuvo."""
    return bool(db.execute(select(SENDING_IS_OPEN)).scalar_one())


def renumbers_automatically(db: Database) -> bool:
    """Si un número que el SRI rechaza se cambia solo por el siguiente."""
    return bool(db.execute(select(SriSettings.renumbers_automatically)).scalar_one_or_none())


def issued(db: Database, document_id: int) -> dict[str, Any]:
    """De qué fecha es un comprobante y cuántos de su factura o nota se dieron ya de baja."""
    former = aliased(SriDocument)
    voided = (
        select(func.count())
        .where(
            former.invoice_id == SriDocument.invoice_id,
            former.credit_note_id.is_not_distinct_from(SriDocument.credit_note_id),
            former.voided_at.is_not(None),
        )
        .scalar_subquery()
    )
    statement = select(SriDocument.issue_date, voided.label("voided"))
    return fetch_one(db, statement.where(SriDocument.document_id == document_id)) or {}


def was_asked_before_last_sending(db: Database, document: SriDocument) -> bool:
    """Si desde que se firmó hubo que preguntar por un envío y después se envió otra vez.

    Quien recibe una respuesta clara al envío no pregunta antes de reenviarlo: aquel pudo llegar.
    """
    of_it = SriAnswer.document_id == document.document_id
    last_sending = select(func.max(SriAnswer.answer_id)).where(of_it, SriAnswer.operation == "RECEPCION")
    asked = exists().where(
        of_it,
        SriAnswer.operation == "AUTORIZACION",
        SriAnswer.asked_at >= document.signed_at,
        SriAnswer.answer_id < last_sending.scalar_subquery(),
    )
    return bool(db.execute(select(asked)).scalar_one())


def stop_sending(db: Session, document: SriDocument, reason: str) -> None:
    """Detiene los envíos hasta que alguien los reanude; queda el primer motivo.

    Lo que el SRI diga de un comprobante de otro ambiente o de otro RUC no detiene a los de ahora.
    """
    current = and_(
        SriSettings.environment == document.environment,
        SriSettings.ruc == document.ruc,
        SriSettings.stopped_reason.is_(None),
    )
    db.execute(update(SriSettings).where(current).values(stopped_reason=reason))


def invoice_documents(db: Database, invoice_id: int) -> list[dict[str, Any]]:
    """En qué va cada comprobante que tuvo una factura; vigente es el que no se dio de baja."""
    is_live = SriDocument.voided_at.is_(None).label("is_live")
    statement = select(SriDocument.status, is_live)
    of_invoice = SriDocument.invoice_id == invoice_id, SriDocument.doc_code == FACTURA
    return fetch_all(db, statement.where(*of_invoice))


def wake_credit_notes(db: Session, invoice_id: int) -> None:
    """Adelanta las notas de crédito que esperaban a que su factura se autorice."""
    _wake(db, SriDocument.invoice_id == invoice_id, SriDocument.doc_code == NOTA_DE_CREDITO)
