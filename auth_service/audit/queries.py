"""Lo que toca la consulta de la auditoría: la lee; escribirla es de `common.rules.audit`."""

from collections.abc import Iterator

from sqlalchemy import bindparam, cast, func, literal, select
from sqlalchemy.dialects.postgresql import REGCLASS

from auth_service.audit.rows import EntryRow, Link
from common.database import Database, fetch_all, fetch_value
from common.lists.daily_lists import between_days
from common.lists.listing import Listing
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import User
from common.tables.platform import AuditLog

BATCH = 2_000
# La secuencia empieza en 1, y quien cuela una entrada por fuera puede ponerle cualquier número.
LOWEST_ID = -(2**63)

ENTRIES = Listing(
    EntryRow,
    "entries",
    select(*columns(EntryRow, AuditLog, user_name=User.full_name))
    .join(User, User.user_id == AuditLog.user_id)
    .order_by(AuditLog.audit_id.desc()),
    user_id=AuditLog.user_id == bindparam("user_id"),
    patient_id=AuditLog.patient_id == bindparam("patient_id"),
    entity=AuditLog.entity == bindparam("entity"),
    action=AuditLog.action == bindparam("action"),
    **between_days(AuditLog.created_at),
)
_LINKS = FixedQuery(
    Link,
    select(*columns(Link, AuditLog))
    .where(AuditLog.audit_id >= bindparam("since"))
    .order_by(AuditLog.audit_id)
    .limit(bindparam("batch")),
)
_SEQUENCE = cast(func.pg_get_serial_sequence(AuditLog.__tablename__, "audit_id"), REGCLASS)
_UNUSED = ValueQuery(
    int,
    select(
        (
            func.coalesce(func.pg_sequence_last_value(_SEQUENCE), literal(0))
            - func.coalesce(func.max(AuditLog.audit_id), literal(0))
        ).label("unused")
    ),
)


def chain(db: Database) -> Iterator[Link]:
    """Todas las entradas en orden, por tandas: la memoria no crece con el registro."""
    since = LOWEST_ID
    while batch := fetch_all(db, _LINKS, since=since, batch=BATCH):
        yield from batch
        since = batch[-1].audit_id + 1


def unused_numbers(db: Database) -> int:
    """Cuántos números se repartieron después de la última entrada que queda."""
    return fetch_value(db, _UNUSED) or 0
