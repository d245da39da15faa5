"""Lo que devuelve la ruta que explica un rol."""

from common.web.schemas import Out


class GrantOut(Out):
    """Un permiso, lo que significa y si el rol lo tiene."""

    key: str
    description: str
    granted: bool


class ExplainedItemOut(Out):
    """Una entrada del menú, si el rol la ve y, si no, por qué."""

    key: str
    label: str
    path: str | None
    icon: str | None
    permission: str | None
    visible: bool
    reason: str | None
    children: "list[ExplainedItemOut]"


class AccessOut(Out):
    """Qué puede hacer un rol y qué ve del menú."""

    role_id: int
    name: str
    permissions: list[GrantOut]
    menu: list[ExplainedItemOut]
