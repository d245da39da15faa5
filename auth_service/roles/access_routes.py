"""La ruta que explica un rol: qué puede hacer y por qué no ve lo que no ve."""

from auth_service import models
from auth_service.roles.access import access
from auth_service.roles.access_schemas import AccessOut
from auth_service.roles.routes import TAG
from common.auth_middleware import require
from common.database import reading
from common.openapi.resource import Resource
from common.permissions import Permission
from common.web.contract import answers
from common.web.schemas import Payload

bp = Resource("access", __name__, TAG)


@bp.get("/roles/<int:role_id>/access")
@require(Permission.ROLES_READ)
@answers(AccessOut)
def get_access(role_id: int) -> Payload:
    """Explica un rol: cada permiso, y cada entrada del menú con la razón de que no se vea"""
    with reading() as db:
        return access(models.role(db, role_id))
