"""Lo que pasa con la auditoría: qué se anota de las cuentas y roles, leerla y comprobar su cadena."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from auth_service.audit import queries
from auth_service.audit.rows import Link
from auth_service.audit.schemas import AnchorQuery, AuditQuery
from auth_service.models import Account
from auth_service.rows import LockedRole, LockedUser
from common.auth_middleware import CurrentUser
from common.database import Database
from common.errors import invalid
from common.rules import audit
from common.web.schemas import Payload

ENTITY = "audit_log"
# De una cuenta se guarda lo que tenía y lo que tiene en esto; de lo demás, solo qué campo cambió.
TRACED = ("role_id", "is_active")


@dataclass(frozen=True)
class Visitor:
    """Quien se registra a sí mismo: aún no tiene sesión."""

    user_id: int
    request_id: str
    ip_address: str | None


def record_registration(db: Session, account: Account, *, by: audit.Actor) -> None:
    """Anota una cuenta nueva y con qué rol nació."""
    user = account.user
    audit.record(db, by, "CREATE", "users", user["user_id"], details={"role_id": user["role_id"]})


def record_user_change(db: Session, user_id: int, details: dict[str, Any], *, by: audit.Actor) -> None:
    """Anota lo que cambió de una cuenta, si cambió algo."""
    if details["fields"]:
        audit.record(db, by, "UPDATE", "users", user_id, details=details)


def user_changes(user: LockedUser, changes: dict[str, Any]) -> dict[str, Any]:
    """Qué campos cambian de una cuenta, mirada antes de cambiarla."""
    former: Mapping[str, object] = user
    changed = _changed(former, changes)
    traced = {key: [former[key], changes[key]] for key in TRACED if key in changed}
    return {"fields": changed, **traced}


def record_role_change(db: Session, role_id: int, details: dict[str, Any], *, by: audit.Actor) -> None:
    """Anota lo que cambió de un rol, si cambió algo."""
    if details["fields"]:
        audit.record(db, by, "UPDATE", "roles", role_id, details=details)


def role_changes(role: LockedRole, changes: dict[str, Any]) -> dict[str, Any]:
    """Qué campos cambian de un rol, mirado antes de cambiarlo, y qué permisos gana y pierde."""
    former, new = set(role["permissions"]), set(changes.get("permissions", role["permissions"]))
    permissions = {"granted": sorted(new - former), "withdrawn": sorted(former - new)}
    return {"fields": _changed(role, changes), **{key: names for key, names in permissions.items() if names}}


def _changed(former: Mapping[str, object], changes: dict[str, Any]) -> list[str]:
    return sorted(key for key in changes if changes[key] != former[key])


def read_entries(db: Session, query: AuditQuery, *, user: CurrentUser) -> Payload:
    """Una página del registro, lo último primero; mirarla también queda en él."""
    page = queries.ENTRIES.page(db, query)
    filters = query.model_dump(mode="json", exclude_none=True)
    audit.record(db, user, "READ", ENTITY, patient_id=_known_patient(page, query), details=filters)
    return page


def _known_patient(page: Payload, query: AuditQuery) -> int | None:
    """El paciente del filtro, si existe: la entrada lo nombra por clave foránea."""
    return query.patient_id if page["entries"] else None


def verify(db: Database, anchor: AnchorQuery) -> Payload:
    """Rehace la cadena de la primera entrada a la última y se detiene en la primera que no cuadra.

    Ve lo cambiado, lo insertado y lo borrado en medio o al principio. Un final recortado deja una cadena
    entera: solo lo delatan la entrada anotada en otra comprobación y, como indicio, los números sin usar.

    :raises Invalid: si de la entrada anotada llega solo una clave.
    """
    expected, unused = _expected(anchor), queries.unused_numbers(db)
    checked, last, broken = 0, None, None
    is_met = expected is None
    for entry in queries.chain(db):
        broken = _problem(entry, last.hash if last else audit.GENESIS)
        if broken:
            break
        checked, last = checked + 1, entry
        is_met = is_met or (entry.audit_id, entry.hash) == expected
    if expected and not (broken or is_met):
        broken = _broken(expected[0], "Falta la entrada anotada: el registro se recortó o se rehízo.")
    return {
        "valid": broken is None,
        "checked": checked,
        "first_broken": broken,
        "last": _anchor_of(last) if last else None,
        "unused_numbers": unused,
    }


def _expected(anchor: AnchorQuery) -> tuple[int, str] | None:
    if anchor.last_audit_id is not None and anchor.last_hash is not None:
        return anchor.last_audit_id, anchor.last_hash
    if anchor.last_audit_id is None and anchor.last_hash is None:
        return None
    raise invalid("last_hash", "se envía junto con last_audit_id")


def _problem(entry: Link, previous: str) -> Payload | None:
    if entry.hash != audit.digest(entry):
        return _broken(entry.audit_id, "Su contenido no es el que se anotó.")
    if entry.previous_hash != previous:
        return _broken(entry.audit_id, "No sigue a la anterior: alguna entrada se borró o se cambió antes.")
    return None


def _broken(audit_id: int, reason: str) -> Payload:
    return {"audit_id": audit_id, "reason": reason}


def _anchor_of(entry: Link) -> Payload:
    return {"audit_id": entry.audit_id, "hash": entry.hash, "created_at": entry.created_at}


def record_verification(db: Session, report: Payload, *, user: CurrentUser) -> None:
    """Anota que la cadena se comprobó y qué se halló."""
    details = {"verified": report["valid"], "checked": report["checked"]}
    audit.record(db, user, "READ", ENTITY, details=details)
