"""Lo que el servicio de autenticación acepta y devuelve."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from common.permissions import MENU, Permission
from common.web.field_numbers import Id, QueryBool
from common.web.field_texts import Code, Email, Filter, Line, Search
from common.web.schemas import In, Out, Page, partial

MAX_MENU_DEPTH = 4
MAX_MENU_ITEMS = 200


def _known(value: str) -> str:
    if value not in list(Permission):
        raise ValueError("no es un permiso conocido")
    return value


PermissionKey = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": [permission.value for permission in Permission]}),
]


# La longitud se mide en bytes: aquí se publica lo que entiende quien escribe sin tildes.
NewPassword = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 8,
            "maxLength": 72,
            "description": "De 8 a 72 bytes; ni muy común ni el correo.",
        }
    ),
]


class LoginIn(In):
    """Con qué se entra."""

    email: Email
    password: str


class RegisterIn(In):
    """Una cuenta nueva; solo quien administra usuarios elige el rol."""

    email: Email
    password: NewPassword
    full_name: Line
    role_id: Id | None = None


class PasswordIn(In):
    """El cambio de la contraseña propia."""

    current_password: str
    new_password: NewPassword


class UserIn(In):
    """Lo que se puede cambiar de una cuenta."""

    full_name: Line
    email: Email
    role_id: Id
    is_active: bool


UserPatch = partial(UserIn, "UserPatch")


class UserQuery(Page):
    """Filtros de la lista de usuarios; `role` es el nombre del rol."""

    role: Filter | None = None
    search: Search | None = None
    is_active: QueryBool | None = None


class MenuItemIn(In):
    """Una entrada del menú; sin `permission` la ve cualquiera que vea alguna de sus hijas."""

    key: Code
    label: Line
    path: Line | None = None
    icon: Line | None = None
    permission: PermissionKey | None = None
    children: "list[MenuItemIn]" = []


def _depth(items: list[MenuItemIn]) -> int:
    return max((1 + _depth(item.children) for item in items), default=0)


def _count(items: list[MenuItemIn]) -> int:
    return sum(1 + _count(item.children) for item in items)


def _within_limits(items: list[MenuItemIn]) -> list[MenuItemIn]:
    if _depth(items) > MAX_MENU_DEPTH:
        raise ValueError(f"admite hasta {MAX_MENU_DEPTH} niveles")
    if _count(items) > MAX_MENU_ITEMS:
        raise ValueError(f"admite hasta {MAX_MENU_ITEMS} entradas")
    return items


class RoleIn(In):
    """Un rol nuevo; sin `menu_config` recibe el menú de la casa."""

    name: Line
    permissions: list[PermissionKey]
    menu_config: Annotated[list[MenuItemIn], AfterValidator(_within_limits)] = Field(
        default_factory=lambda: [MenuItemIn.model_validate(item) for item in MENU]
    )


RolePatch = partial(RoleIn, "RolePatch")


class MenuItemOut(Out):
    """Una entrada del menú."""

    key: str
    label: str
    path: str | None
    icon: str | None
    permission: str | None
    children: "list[MenuItemOut]"


class UserOut(Out):
    """Una cuenta, con lo que su rol le permite y el menú que ve."""

    user_id: int
    full_name: str
    email: str
    role_id: int
    role_name: str
    is_active: bool
    permissions: list[str]
    menu_config: list[MenuItemOut]
    created_at: datetime


class SessionOut(Out):
    """Una sesión abierta: el token, cuándo vence y de quién es."""

    token: str
    token_type: str
    expires_at: datetime
    user: UserOut


class RoleOut(Out):
    """Un rol con su menú completo y cuántas cuentas lo tienen."""

    role_id: int
    name: str
    permissions: list[str]
    menu_config: list[MenuItemOut]
    user_count: int


class PermissionOut(Out):
    """Un permiso y lo que significa."""

    key: str
    description: str
