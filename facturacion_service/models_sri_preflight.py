"""Las cuentas que dicen si los comprobantes avanzan o esperan a alguien."""

from datetime import datetime

from sqlalchemy import func, select

from common.database import Database, fetch_value
from common.tables.sri import SriDocument

_COUNT = select(func.count()).select_from(SriDocument)


def overdue_documents(db: Database, before: datetime) -> int:
    """Cuántos comprobantes debieron dar su paso siguiente antes de un instante."""
    return int(fetch_value(db, _COUNT.where(SriDocument.next_attempt_at < before)))


def documents_needing_attention(db: Database, environment: str) -> int:
    """Cuántos comprobantes de un ambiente esperan que una persona haga algo."""
    waiting = SriDocument.attention.is_not(None), SriDocument.voided_at.is_(None)
    return int(fetch_value(db, _COUNT.where(*waiting, SriDocument.environment == environment)))
