"""Lo que toca la consulta de la auditoría: la lee; escribirla es de `common.rules.audit`."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, bindparam, cast, func, literal, select
from sqlalchemy.dialects.postgresql import REGCLASS

from auth_service.audit.schemas import AuditQuery
from common.database import Database, fetch_value
from common.lists.listing import fetch_page
from common.tables.auth import User
from common.tables.platform import AuditLog
from common.utils import end_of_day, start_of_day

BATCH = 2_000
# La secuencia empieza en 1, y quien cuela una entrada por fuera puede ponerle cualquier número.
LOWEST_ID = -(2**63)

_ENTRY = (
    select(
        AuditLog.audit_id,
        AuditLog.created_at,
        AuditLog.user_id,
        User.full_name.label("user_name"),
        AuditLog.action,
        AuditLog.entity,
        AuditLog.entity_id,
        AuditLog.patient_id,
        AuditLog.request_id,
        AuditLog.ip_address,
        AuditLog.details,
        AuditLog.hash,
    )
    .join(User, User.user_id == AuditLog.user_id)
    .order_by(AuditLog.audit_id.desc())
)
_LINKS = (
    select(*AuditLog.__table__.columns)
    .where(AuditLog.audit_id >= bindparam("since"))
    .order_by(AuditLog.audit_id)
    .limit(BATCH)
)
_SEQUENCE = cast(func.pg_get_serial_sequence(AuditLog.__tablename__, "audit_id"), REGCLASS)
_UNUSED = select(
    func.coalesce(func.pg_sequence_last_value(_SEQUENCE), literal(0))
    - func.coalesce(func.max(AuditLog.audit_id), literal(0))
)


def entries_page(db: Database, query: AuditQuery) -> dict[str, Any]:
    """Una página del registro, lo último primero."""
    statement = _ENTRY
    exact = {
        AuditLog.user_id: query.user_id,
        AuditLog.patient_id: query.patient_id,
        AuditLog.entity: query.entity,
        AuditLog.action: query.action,
    }
    for column, value in exact.items():
        if value is not None:
            statement = statement.where(column == value)
    if query.date_from is not None:
        statement = statement.where(AuditLog.created_at >= start_of_day(query.date_from))
    if query.date_to is not None:
        statement = statement.where(AuditLog.created_at < end_of_day(query.date_to))
    return fetch_page(db, statement, query, "entries")


def chain(db: Database) -> Iterator[Row[Any]]:
    """Todas las entradas en orden, por tandas: la memoria no crece con el registro."""
    since = LOWEST_ID
    while batch := db.execute(_LINKS, {"since": since}).all():
        yield from batch
        since = batch[-1].audit_id + 1


def unused_numbers(db: Database) -> int:
    """Cuántos números se repartieron después de la última entrada que queda."""
    return int(fetch_value(db, _UNUSED))
