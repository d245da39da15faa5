"""Las filas que autenticación lee de cuentas y roles."""

from datetime import datetime
from typing import Any, TypedDict


class UserRow(TypedDict):
    """Una cuenta, con lo que puede y el menú de su rol."""

    user_id: int
    full_name: str
    email: str
    role_id: int
    role_name: str
    is_active: bool
    permissions: list[str]
    menu_config: list[dict[str, Any]]
    created_at: datetime


class AccountRow(UserRow):
    """Una cuenta y con qué se comprueba quién la usa."""

    password_hash: str
    token_version: int


class LockedUser(TypedDict):
    """Lo que se puede cambiar de una cuenta, bloqueada."""

    user_id: int
    full_name: str
    email: str
    role_id: int
    is_active: bool


class LockedRole(TypedDict):
    """Un rol, bloqueado."""

    role_id: int
    name: str
    permissions: list[str]
    menu_config: list[dict[str, Any]]


class RoleRow(LockedRole):
    """Un rol y cuántas cuentas lo tienen."""

    user_count: int


class ChangedUser(TypedDict):
    """La cuenta que se cambió."""

    user_id: int
