"""Las rutas de las cuentas de los demás."""

from auth_service import models, operations
from auth_service.schemas import UserOut, UserPatch, UserQuery
from common.access.tokens import token_states
from common.auth_middleware import current_user, require
from common.database import reading, transaction
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import answers, json_body, query_string
from common.web.schemas import In, Pagination, Payload

bp = Resource("users", __name__, Tag("Usuarios", "Las cuentas de los demás."))


@bp.get("/users")
@require(Permission.USERS_READ)
@query_string(UserQuery)
@answers(users=list[UserOut], pagination=Pagination)
def list_users(query: UserQuery) -> Payload:
    """Lista las cuentas, las más nuevas primero"""
    with reading() as db:
        return models.users_page(db, query)


@bp.get("/users/<int:user_id>")
@require(Permission.USERS_READ)
@answers(user=UserOut)
def get_user(user_id: int) -> Payload:
    """Muestra una cuenta"""
    with reading() as db:
        return {"user": models.user(db, user_id)}


@bp.put("/users/<int:user_id>")
@require(Permission.USERS_WRITE)
@json_body(UserPatch)
@answers(user=UserOut)
def change_user(user_id: int, body: In) -> Payload:
    """Cambia una cuenta: nombre, correo, rol o si está activa

    La última cuenta activa de administración no se desactiva ni cambia de rol (409
    `ultimo_administrador`), y nadie otorga un permiso que no tiene (403).
    """
    with transaction() as db:
        operations.change_user(db, user_id, body.changes(), by=current_user())
        user = models.user(db, user_id)
    token_states.clear()
    return {"user": user}
