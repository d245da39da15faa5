"""Las rutas de los roles y del catálogo de permisos."""

from auth_service import models
from auth_service.roles import operations
from auth_service.schemas import PermissionOut, RoleIn, RoleOut, RolePatch
from common.access.tokens import token_states
from common.auth_middleware import current_user, require
from common.database import reading, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import DESCRIPTIONS, Permission
from common.web.contract import answers, json_body
from common.web.schemas import In, Payload

TAG = Tag("Roles", "Roles, permisos y menú.")
bp = Resource("roles", __name__, TAG)


@bp.get("/roles")
@require(Permission.ROLES_READ)
@answers(roles=list[RoleOut])
def list_roles() -> Payload:
    """Lista los roles por nombre, con su menú completo"""
    with reading() as db:
        return {"roles": models.roles(db)}


@bp.get("/roles/<int:role_id>")
@require(Permission.ROLES_READ)
@answers(role=RoleOut)
def get_role(role_id: int) -> Payload:
    """Muestra un rol"""
    with reading() as db:
        return {"role": models.role(db, role_id)}


@bp.post("/roles")
@require(Permission.ROLES_WRITE)
@json_body(RoleIn)
@answers(status=201, location="/api/auth/roles/{role[role_id]}", role=RoleOut)
def create_role(body: RoleIn) -> Payload:
    """Crea un rol, con permisos que tenga quien lo crea"""
    with transaction() as db:
        role_id = operations.create_role(db, body, by=current_user())
        return {"role": models.role(db, role_id)}


@bp.put("/roles/<int:role_id>")
@require(Permission.ROLES_WRITE)
@json_body(RolePatch)
@answers(role=RoleOut)
def change_role(role_id: int, body: In) -> Payload:
    """Cambia un rol; el cambio llega a los cinco servicios en menos de cinco segundos

    Los roles Admin y Usuario no se renombran ni cambian de permisos (409 `rol_protegido`): uno lo puede
    todo y el otro, con el que nace una cuenta registrada en público, nada.
    """
    with transaction() as db:
        operations.change_role(db, role_id, body.changes(), by=current_user())
        role = models.role(db, role_id)
    token_states.clear()
    return {"role": role}


@bp.get("/permissions")
@require(Permission.ROLES_READ)
@answers(permissions=list[PermissionOut])
def list_permissions() -> Payload:
    """Lista los permisos y lo que significan"""
    permissions = [{"key": key.value, "description": text} for key, text in DESCRIPTIONS.items()]
    return {"permissions": permissions}
