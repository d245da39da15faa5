"""Lo que las rutas de la auditoría aceptan y devuelven."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from common.web.field_numbers import QueryId
from common.web.field_texts import Code
from common.web.schemas import DateRange, Out, Page, Query


class AuditQuery(DateRange, Page):
    """Filtros del registro; días de la clínica, ambos incluidos."""

    user_id: QueryId | None = None
    patient_id: QueryId | None = None
    entity: Code | None = None
    action: Code | None = None


class AnchorQuery(Query):
    """La última entrada que dio otra comprobación, anotada fuera de la base; las dos claves, o ninguna."""

    last_audit_id: QueryId | None = None
    last_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class AuditEntryOut(Out):
    """Quién hizo qué, cuándo y desde dónde; `details` nombra campos, nunca texto clínico."""

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


class BrokenOut(Out):
    """La primera entrada que no cuadra y por qué."""

    audit_id: int
    reason: str


class AnchorOut(Out):
    """La última entrada que cuadra; anotada fuera de la base, delata después un final recortado."""

    audit_id: int
    hash: str
    created_at: datetime


class VerificationOut(Out):
    """Si la cadena está entera.

    `unused_numbers` son los números repartidos tras la última entrada: uno o varios pueden ser operaciones
    que se deshicieron; muchos, un final recortado.
    """

    valid: bool
    checked: int
    first_broken: BrokenOut | None
    last: AnchorOut | None
    unused_numbers: int
