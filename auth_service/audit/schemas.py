"""Lo que las rutas de la auditoría aceptan y devuelven."""

from typing import Annotated, Any

from pydantic import Field

from common.web.clinic_fields import Action, CreatedAt, Entity
from common.web.field_numbers import QueryId
from common.web.field_texts import Code
from common.web.field_words import Says
from common.web.schemas import DateRange, Out, Page, Query

# Lo que dicen estos campos, entren o salgan.
EntryHash = Annotated[
    str,
    Says(example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
]


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
    created_at: CreatedAt
    user_id: int
    user_name: str
    action: Action
    entity: Entity
    entity_id: int | None
    patient_id: int | None
    request_id: str
    ip_address: Annotated[str | None, Says(example="127.0.0.1")]
    details: dict[str, Any] | None
    hash: EntryHash


class BrokenOut(Out):
    """La primera entrada que no cuadra y por qué."""

    audit_id: int
    reason: Annotated[str, Says(example="Su contenido no es el que se anotó.")]


class AnchorOut(Out):
    """La última entrada que cuadra; anotada fuera de la base, delata después un final recortado."""

    audit_id: int
    hash: EntryHash
    created_at: CreatedAt


class VerificationOut(Out):
    """Si la cadena está entera.

    `unused_numbers` son los números repartidos tras la última entrada: uno o varios pueden ser operaciones
    que se deshicieron; muchos, un final recortado.
    """

    valid: bool
    checked: int
    first_broken: BrokenOut | None
    last: AnchorOut | None
    unused_numbers: Annotated[int, Says("Números repartidos tras la última entrada que nadie usó.")]
