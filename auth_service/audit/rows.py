"""Las filas que la consulta de la auditoría lee."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from common.rules.audit import Entry


class EntryRow(TypedDict):
    """Quién hizo qué, cuándo y desde dónde."""

    audit_id: int
    created_at: datetime
    user_id: int
    user_name: str
    action: str
    entity: str
    entity_id: int | None
    patient_id: int | None
    request_id: str
    ip_address: str | None
    details: dict[str, Any] | None
    hash: str


@dataclass(frozen=True)
class Link(Entry):
    """Una entrada de la cadena, con el resumen que se anotó de ella."""

    audit_id: int
    hash: str
