"""Qué puede hacer un rol y por qué no ve cada entrada del menú que no ve. Cálculo puro."""

from typing import Any

from auth_service.rows import RoleRow
from common.permissions import DESCRIPTIONS, Permission, visible_menu
from common.web.schemas import Payload

Item = dict[str, Any]


def access(role: RoleRow) -> Payload:
    """Cada permiso, con si lo tiene, y el menú completo, con si lo ve."""
    granted = frozenset(role["permissions"])
    permissions = [
        {"key": key.value, "description": text, "granted": key in granted}
        for key, text in DESCRIPTIONS.items()
    ]
    menu = [_explained(item, granted) for item in role["menu_config"]]
    return {"role_id": role["role_id"], "name": role["name"], "permissions": permissions, "menu": menu}


def _explained(item: Item, granted: frozenset[str], container: str | None = None) -> Item:
    """Una entrada, si se ve y, si no, por qué; `container` es la razón que hereda de la que la contiene."""
    reason = _reason(item, granted) or container
    inherited = f"No se ve «{item['label']}», que la contiene." if reason else None
    children = [_explained(child, granted, inherited) for child in item.get("children") or []]
    return {**item, "children": children, "visible": reason is None, "reason": reason}


def _reason(item: Item, granted: frozenset[str]) -> str | None:
    """Por qué no se ve; la decisión es de :func:`visible_menu`, aquí solo se le ponen palabras."""
    if visible_menu([item], granted):
        return None
    permission = item.get("permission")
    if permission and permission not in granted:
        return f"Falta el permiso {_named(permission)}."
    return "No le queda ninguna entrada visible."


def _named(permission: str) -> str:
    # Un menú puede nombrar un permiso que ya no existe.
    known = permission in list(Permission)
    return f"«{DESCRIPTIONS[Permission(permission)]}» ({permission})" if known else permission
