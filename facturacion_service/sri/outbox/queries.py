"""La cola de comprobantes hacia el SRI: tomar el que toca, tenerlo en arriendo y guardar lo conversado.

Varios trabajadores pueden vaciarla a la vez. Quien toma un comprobante lo tiene en arriendo hasta una hora;
si muere, otro lo toma al vencer. Todo cambio posterior exige seguir teniéndolo.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.outbox.leases import claiming, held
from common.sql.statements import FixedQuery, FixedWrite, ValueQuery, columns
from common.tables.sri import SriAnswer, SriDocument
from common.tables.sri_settings import SriSettings
from common.utils import now
from facturacion_service.sri.exchange.machine_rules import STEPS
from facturacion_service.sri.rows import InvoiceDocumentRow, IssuedRow
from facturacion_service.sri.settings.queries import wake_documents
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


_CLAIM = FixedWrite(
    claiming(
        SriDocument.document_id,
        SriDocument.voided_at.is_(None),
        SriDocument.status.in_(STEPS),
        or_(SriDocument.status != "FIRMADO", SENDING_IS_OPEN),
    )
    # Tomarlo no es cambiarlo.
    .values(updated_at=SriDocument.updated_at)
    .returning(*columns(Claim, SriDocument, owner=SriDocument.lease_owner, until=SriDocument.lease_until)),
    returning=Claim,
)
_IS_SENDING_OPEN = ValueQuery(bool, select(SENDING_IS_OPEN))
_RENUMBERS = ValueQuery(bool, select(SriSettings.renumbers_automatically))
_former = aliased(SriDocument)
_VOIDED = (
    select(func.count())
    .where(
        _former.invoice_id == SriDocument.invoice_id,
        _former.credit_note_id.is_not_distinct_from(SriDocument.credit_note_id),
        _former.voided_at.is_not(None),
    )
    .scalar_subquery()
)
_ISSUED = FixedQuery(
    IssuedRow,
    select(*columns(IssuedRow, SriDocument, voided=_VOIDED)).where(
        SriDocument.document_id == bindparam("document_id")
    ),
)
_of_it = SriAnswer.document_id == bindparam("document_id")
_LAST_SENDING = select(func.max(SriAnswer.answer_id)).where(_of_it, SriAnswer.operation == "RECEPCION")
_WAS_ASKED = ValueQuery(
    bool,
    select(
        exists().where(
            _of_it,
            SriAnswer.operation == "AUTORIZACION",
            SriAnswer.asked_at >= bindparam("signed_at"),
            SriAnswer.answer_id < _LAST_SENDING.scalar_subquery(),
        )
    ),
)
_INVOICE_DOCUMENTS = FixedQuery(
    InvoiceDocumentRow,
    select(*columns(InvoiceDocumentRow, SriDocument, is_live=SriDocument.voided_at.is_(None))).where(
        SriDocument.invoice_id == bindparam("invoice_id"), SriDocument.doc_code == FACTURA
    ),
)


def claim_document(db: Session, owner: str, lease: timedelta) -> Claim | None:
    """Toma el comprobante que más tiempo lleva esperando su paso siguiente, o ninguno.

    El que otro está tomando se salta, sin esperarlo.
    """
    at = now()
    return fetch_one(db, _CLAIM, at=at, owner=owner, until=at + lease)


def held_document(db: Session, claim: Claim) -> SriDocument:
    """El comprobante tomado, bloqueado hasta confirmar.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    document: SriDocument = held(
        db, SriDocument.document_id, claim.document_id, claim.owner, SriDocument.voided_at.is_(None)
    )
    return document


def is_sending_open(db: Database) -> bool:
    """Si los envíos están encendidos y nada los detuvo."""
    return bool(fetch_value(db, _IS_SENDING_OPEN))


def renumbers_automatically(db: Database) -> bool:
    """Si un número que el SRI rechaza se cambia solo por el siguiente."""
    return bool(fetch_value(db, _RENUMBERS))


def issued(db: Database, document_id: int) -> IssuedRow:
    """De qué fecha es un comprobante que existe y cuántos de su factura o nota se dieron ya de baja."""
    found = fetch_one(db, _ISSUED, document_id=document_id)
    assert found is not None
    return found


def was_asked_before_last_sending(db: Database, document: SriDocument) -> bool:
    """Si desde que se firmó hubo que preguntar por un envío y después se envió otra vez.

    Quien recibe una respuesta clara al envío no pregunta antes de reenviarlo: aquel pudo llegar.
    """
    since = {"document_id": document.document_id, "signed_at": document.signed_at}
    return bool(fetch_value(db, _WAS_ASKED, **since))


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


def invoice_documents(db: Database, invoice_id: int) -> list[InvoiceDocumentRow]:
    """En qué va cada comprobante que tuvo una factura; vigente es el que no se dio de baja."""
    return fetch_all(db, _INVOICE_DOCUMENTS, invoice_id=invoice_id)


def wake_credit_notes(db: Session, invoice_id: int) -> None:
    """Adelanta las notas de crédito que esperaban a que su factura se autorice."""
    wake_documents(db, SriDocument.invoice_id == invoice_id, SriDocument.doc_code == NOTA_DE_CREDITO)
