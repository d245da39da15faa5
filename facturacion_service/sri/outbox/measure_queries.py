"""Cómo van los comprobantes electrónicos, para quien vigila: solo cuántos y desde cuándo, nunca de quién.

Se lee lo pendiente y lo que espera a una persona, con sus índices parciales: la historia no se recorre.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, or_, select

from common.database import Database, fetch_all, fetch_value
from common.outbox.leases import free
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.sri import SriDelivery, SriDocument
from common.tables.sri_settings import SriCertificate, SriSettings
from common.utils import now
from common.watch.metrics import Measure, Sample, gauge
from facturacion_service.sri.exchange.machine_rules import STEPS
from facturacion_service.sri.outbox.queries import SENDING_IS_OPEN
from facturacion_service.sri.rows import WaitingRow

_PENDING = SriDocument.next_attempt_at.is_not(None), SriDocument.voided_at.is_(None)

_BY_STATUS = FixedQuery(
    WaitingRow,
    select(*columns(WaitingRow, SriDocument, many=func.count(), oldest=func.min(SriDocument.created_at)))
    .where(*_PENDING)
    .group_by(SriDocument.status),
)
_ASKING = SriDocument.attention.is_not(None) & SriDocument.voided_at.is_(None)
_COUNTS = tuple(
    (name, words, ValueQuery(int, select(func.count()).where(counted)))
    for name, words, counted in (
        ("sri_attention", "Comprobantes que esperan a una persona.", _ASKING),
        (
            "sri_stopped",
            "Si los envíos se detuvieron solos (1) o no (0).",
            SriSettings.stopped_reason.is_not(None),
        ),
        ("sri_mails_pending", "Correos que esperan salir.", SriDelivery.next_attempt_at.is_not(None)),
    )
)
_VALID_TO = ValueQuery(datetime, select(SriCertificate.valid_to).where(SriCertificate.is_current))
_FIRST_DUE = ValueQuery(
    datetime,
    select(func.min(SriDocument.next_attempt_at)).where(
        *_PENDING,
        SriDocument.status.in_(STEPS),
        or_(SriDocument.status != "FIRMADO", SENDING_IS_OPEN),
        free(SriDocument),
    ),
)


def sri_measures(db: Database) -> Iterator[Measure]:
    """La cola hacia el SRI, el atraso del trabajador y lo que pide una persona."""
    at = now()
    found = fetch_all(db, _BY_STATUS)
    waiting = dict.fromkeys(STEPS, 0) | {row["status"]: row["many"] for row in found}
    pending = [Sample(many, {"status": status}) for status, many in waiting.items()]
    yield gauge("sri_pending", "Comprobantes que esperan su paso siguiente.", *pending)
    since = min((row["oldest"] for row in found), default=at)
    yield gauge("sri_oldest_pending_seconds", "Cuánto espera el más antiguo.", _seconds(since, at))
    yield gauge("sri_delay_seconds", "Atraso de lo que ya le tocaba al trabajador.", _delay(db, at))
    for name, words, how_many in _COUNTS:
        yield gauge(name, words, fetch_value(db, how_many) or 0)
    valid_to = fetch_value(db, _VALID_TO)
    samples = [valid_to.timestamp()] if valid_to else []
    yield gauge("sri_certificate_expires_seconds", "Cuándo vence la firma, en segundos desde 1970.", *samples)


def _delay(db: Database, at: datetime) -> float:
    """Cuánto hace que debió darse el paso más atrasado; sin trabajador que funcione, no deja de crecer."""
    return max(0.0, _seconds(fetch_value(db, _FIRST_DUE, at=at) or at, at))


def _seconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds()
