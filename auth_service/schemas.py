"""Lo que el servicio de autenticación acepta y devuelve."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from common.permissions import MENU, Permission
from common.web.clinic_fields import EMAIL, FULL_NAME, CreatedAt
from common.web.field_numbers import Id, QueryBool
from common.web.field_texts import Code, Email, Filter, Line, Search
from common.web.field_words import Says
from common.web.schemas import In, Out, Page, partial

# Lo que dicen estos campos, entren o salgan.
MENU_CHILDREN = Says(example=[])
MENU_ICON = Says("Nombre del icono.", example="calendar")
MENU_LABEL = Says(example="Agenda")
MENU_PATH = Says(example="/agenda")
MENU_PERMISSION = Says("Permiso con el que se ve; null si no exige ninguno.", example="appointments:read")
PASSWORD = Says(example="una-frase-larga-2026")
PermissionMeaning = Annotated[str, Says(example="Ver la agenda")]
PERMISSIONS = Says("Permisos «recurso:acción».", example=["appointments:read"])
ROLE_NAME = Says(example="Asistente")


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

    email: Annotated[Email, EMAIL]
    password: Annotated[str, PASSWORD]


class RegisterIn(In):
    """Una cuenta nueva; solo quien administra usuarios elige el rol."""

    email: Annotated[Email, EMAIL]
    password: Annotated[NewPassword, PASSWORD]
    full_name: Annotated[Line, FULL_NAME]
    role_id: Id | None = None


class PasswordIn(In):
    """El cambio de la contraseña propia."""

    current_password: Annotated[str, Says(example="una-frase-larga-2025")]
    new_password: Annotated[NewPassword, Says(example="otra-frase-larga-2026")]


class UserIn(In):
    """Lo que se puede cambiar de una cuenta."""

    full_name: Annotated[Line, FULL_NAME]
    email: Annotated[Email, EMAIL]
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
    label: Annotated[Line, MENU_LABEL]
    path: Annotated[Line | None, MENU_PATH] = None
    icon: Annotated[Line | None, MENU_ICON] = None
    permission: Annotated[PermissionKey | None, MENU_PERMISSION] = None
    children: Annotated["list[MenuItemIn]", MENU_CHILDREN] = []


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

    name: Annotated[Line, ROLE_NAME]
    permissions: Annotated[list[PermissionKey], PERMISSIONS]
    menu_config: Annotated[list[MenuItemIn], AfterValidator(_within_limits)] = Field(
        default_factory=lambda: [MenuItemIn.model_validate(item) for item in MENU]
    )


RolePatch = partial(RoleIn, "RolePatch")


class MenuItemOut(Out):
    """Una entrada del menú."""

    key: str
    label: Annotated[str, MENU_LABEL]
    path: Annotated[str | None, MENU_PATH]
    icon: Annotated[str | None, MENU_ICON]
    permission: Annotated[str | None, MENU_PERMISSION]
    children: Annotated["list[MenuItemOut]", MENU_CHILDREN]


class UserOut(Out):
    """Una cuenta, con lo que su rol le permite y el menú que ve."""

    user_id: int
    full_name: Annotated[str, FULL_NAME]
    email: Annotated[str, EMAIL]
    role_id: int
    role_name: Annotated[str, Says(example="Recepcion")]
    is_active: bool
    permissions: Annotated[list[str], PERMISSIONS]
    menu_config: list[MenuItemOut]
    created_at: CreatedAt


class SessionOut(Out):
    """Una sesión abierta: el token, cuándo vence y de quién es."""

    token: Annotated[str, Says(example="eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lu")]
    token_type: Annotated[str, Says(example="Bearer")]
    expires_at: Annotated[datetime, Says(example="2026-11-24T09:00:00-05:00")]
    user: UserOut


class RoleOut(Out):
    """Un rol con su menú completo y cuántas cuentas lo tienen."""

    role_id: int
    name: Annotated[str, ROLE_NAME]
    permissions: Annotated[list[str], PERMISSIONS]
    menu_config: list[MenuItemOut]
    user_count: int


class PermissionOut(Out):
    """Un permiso y lo que significa."""

    key: Annotated[str, Says(example="appointments:read")]
    description: PermissionMeaning
