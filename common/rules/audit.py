"""La auditoría: quién vio o cambió qué, en una cadena donde cada entrada resume la anterior.

Una entrada borrada o cambiada a mano rompe la cadena. Nunca guarda texto clínico, solo nombres de campos.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from common.database import fetch_value, write
from common.sql.statements import FixedWrite, ValueQuery, names_of
from common.tables.platform import AuditLog
from common.utils import now

GENESIS = "0" * 64
# Quien lo tiene es el único que encadena; se suelta al confirmar.
CHAIN_LOCK = 727_002


class Actor(Protocol):
    """Quién actúa y desde qué petición."""

    @property
    def user_id(self) -> int:
        """El usuario."""

    @property
    def request_id(self) -> str:
        """La petición."""

    @property
    def ip_address(self) -> str | None:
        """La dirección desde la que llama."""


@dataclass(frozen=True)
class Entry:
    """Una entrada, aún sin su resumen."""

    created_at: datetime
    user_id: int
    action: str
    entity: str
    entity_id: int | None
    patient_id: int | None
    request_id: str
    ip_address: str | None
    details: dict[str, Any] | None
    previous_hash: str


_CHAIN = ValueQuery(str, select(func.pg_advisory_xact_lock(CHAIN_LOCK).label("locked")))
_LAST = ValueQuery(str, select(AuditLog.hash).order_by(AuditLog.audit_id.desc()).limit(1))
_RECORD = FixedWrite(insert(AuditLog), *names_of(Entry), "hash")


def record(
    db: Session,
    actor: Actor,
    action: str,
    entity: str,
    entity_id: int | None = None,
    *,
    patient_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Añade una entrada al final de la cadena, en la transacción de quien llama.

    Es lo último de la transacción: desde aquí hasta confirmar nadie más encadena.

    :param details: qué campos, nunca su contenido clínico.
    """
    fetch_value(db, _CHAIN)
    entry = Entry(
        created_at=now(),
        user_id=actor.user_id,
        action=action,
        entity=entity,
        entity_id=entity_id,
        patient_id=patient_id,
        request_id=actor.request_id,
        ip_address=actor.ip_address,
        details=details,
        previous_hash=fetch_value(db, _LAST) or GENESIS,
    )
    write(db, _RECORD, **vars(entry), hash=digest(entry))


def digest(entry: Entry) -> str:
    """El resumen SHA-256 de una entrada y del resumen de la anterior, en hexadecimal."""
    content = [
        entry.previous_hash,
        entry.created_at.timestamp(),
        entry.user_id,
        entry.action,
        entry.entity,
        entry.entity_id,
        entry.patient_id,
        entry.request_id,
        entry.ip_address,
        entry.details,
    ]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
