"""Lo que devuelve la ruta que explica un rol."""

from typing import Annotated

from auth_service.schemas import (
    MENU_CHILDREN,
    MENU_ICON,
    MENU_LABEL,
    MENU_PATH,
    MENU_PERMISSION,
    PermissionMeaning,
)
from common.web.field_words import Says
from common.web.schemas import Out


class GrantOut(Out):
    """Un permiso, lo que significa y si el rol lo tiene."""

    key: str
    description: PermissionMeaning
    granted: bool


class ExplainedItemOut(Out):
    """Una entrada del menú, si el rol la ve y, si no, por qué."""

    key: str
    label: Annotated[str, MENU_LABEL]
    path: Annotated[str | None, MENU_PATH]
    icon: Annotated[str | None, MENU_ICON]
    permission: Annotated[str | None, MENU_PERMISSION]
    visible: bool
    reason: Annotated[str | None, Says(example=None)]
    children: Annotated["list[ExplainedItemOut]", MENU_CHILDREN]


class AccessOut(Out):
    """Qué puede hacer un rol y qué ve del menú."""

    role_id: int
    name: str
    permissions: list[GrantOut]
    menu: list[ExplainedItemOut]
