"""Lo que pasa en los roles: crearlos y cambiarlos sin que nadie gane permisos que no tiene."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from auth_service import write_queries
from auth_service.audit import operations as audit_operations
from auth_service.models import Role
from auth_service.operations import refuse_to_grant
from auth_service.rows import LockedRole
from auth_service.schemas import RoleIn
from common.access.confirmation import confirm_actor
from common.auth_middleware import CurrentUser
from common.errors import Conflict
from common.permissions import FIXED_ROLES, ROLE_PERMISSIONS, Permission
from common.rules import audit


def create_role(db: Session, body: RoleIn, *, by: CurrentUser) -> int:
    """Crea un rol.

    :raises Unauthorized: si la cuenta o la sesión de quien lo crea ya se cerraron.
    :raises Forbidden: si ya no administra roles, o lleva un permiso que él no tiene.
    """
    write_queries.line_up(db)
    by = confirm_actor(db, by, Permission.ROLES_WRITE)
    refuse_to_grant(set(body.permissions) - by.permissions)
    role = Role(**_in_order(body.model_dump()))
    db.add(role)
    db.flush()
    details = {"name": role.name, "granted": list(role.permissions)}
    audit.record(db, by, "CREATE", "roles", role.role_id, details=details)
    return role.role_id


def change_role(db: Session, role_id: int, changes: dict[str, Any], *, by: CurrentUser) -> None:
    """Cambia un rol; quienes lo tienen lo notan en menos de cinco segundos.

    :raises NotFound: si no existe.
    :raises Conflict: `rol_protegido`.
    :raises Unauthorized: si la cuenta o la sesión de quien lo cambia ya se cerraron.
    :raises Forbidden: si ya no administra roles, o le agrega un permiso que él no tiene.
    """
    write_queries.line_up(db)
    by = confirm_actor(db, by, Permission.ROLES_WRITE)
    role = write_queries.locked_role(db, role_id)
    _protect(role, changes)
    refuse_to_grant(set(changes.get("permissions", ())) - set(role["permissions"]) - by.permissions)
    changes = _in_order(changes)
    details = audit_operations.role_changes(role, changes)
    if changes:
        # Se escriben las columnas que el cliente envió, y solo esas.
        db.execute(update(Role).where(Role.role_id == role_id).values(changes))
    audit_operations.record_role_change(db, role_id, details, by=by)


def _in_order(changes: dict[str, Any]) -> dict[str, Any]:
    """Los permisos sin repetir y en el orden del catálogo."""
    if "permissions" not in changes:
        return changes
    return {**changes, "permissions": [p.value for p in Permission if p in changes["permissions"]]}


def _protect(role: LockedRole, changes: dict[str, Any]) -> None:
    name = role["name"]
    if name not in FIXED_ROLES:
        return
    if changes.get("name", name) != name:
        raise _protected(f"El rol {name} no se puede renombrar.")
    fixed = set(ROLE_PERMISSIONS[name])
    if set(changes.get("permissions", fixed)) != fixed:
        raise _protected(f"Los permisos del rol {name} no se pueden cambiar.")


def _protected(message: str) -> Conflict:
    return Conflict(message, code="rol_protegido")
