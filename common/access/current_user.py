"""Quién hace esta petición, una vez comprobado."""

from typing import Any, NamedTuple

from flask import g

from common.errors import Forbidden
from common.permissions import DESCRIPTIONS, Permission


class CurrentUser(NamedTuple):
    """Quien hace la petición y desde dónde, para decidir y para auditar."""

    user_id: int
    role: str
    permissions: frozenset[str]
    request_id: str
    ip_address: str | None
    claims: dict[str, Any]

    def can(self, permission: Permission) -> bool:
        """Si tiene el permiso."""
        return permission.value in self.permissions


def current_user() -> CurrentUser:
    """El usuario que la ruta ya comprobó en esta petición."""
    user: CurrentUser = g.user
    return user


def optional_user() -> CurrentUser | None:
    """En una ruta `public_with_token`, el usuario si presentó un token."""
    user: CurrentUser | None = g.get("user")
    return user


def check_permissions(user: CurrentUser, permissions: tuple[Permission, ...]) -> None:
    """Comprueba que el usuario tenga todos los permisos.

    :raises Forbidden: nombra los que le faltan.
    """
    missing = [permission for permission in permissions if not user.can(permission)]
    if missing:
        names = ", ".join(f"{DESCRIPTIONS[p].lower()} ({p.value})" for p in missing)
        raise Forbidden(f"No tiene permiso para: {names}.")
