"""Lo que autenticación toca: cuentas, roles, intentos de entrada y tokens cerrados; todo es suyo."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from auth_service.schemas import UserQuery
from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.listing import fetch_page, matches_words
from common.permissions import ADMIN_ROLE, visible_menu
from common.tables.auth import LoginAttempt, RevokedToken, Role, User

__all__ = ["LoginAttempt", "RevokedToken", "Role", "User"]

USER = select(
    User.user_id,
    User.full_name,
    User.email,
    User.role_id,
    Role.name.label("role_name"),
    User.is_active,
    Role.permissions,
    Role.menu_config,
    User.created_at,
).join(Role, Role.role_id == User.role_id)
_ONE_USER = USER.where(User.user_id == bindparam("user_id"))
_ACCOUNT = USER.add_columns(User.password_hash, User.token_version).where(
    func.lower(User.email) == bindparam("email")
)

_USER_COUNT = select(func.count()).select_from(User).where(User.role_id == Role.role_id).scalar_subquery()
ROLE = select(Role.role_id, Role.name, Role.permissions, Role.menu_config, _USER_COUNT.label("user_count"))
_ONE_ROLE = ROLE.where(Role.role_id == bindparam("role_id"))
_ROLES = ROLE.order_by(func.lower(Role.name))

_LOCKED_UNTIL = select(LoginAttempt.locked_until).where(LoginAttempt.email == bindparam("email"))


class Account(NamedTuple):
    """Una cuenta y con qué se comprueba quién la usa; `user` es lo único que sale del servicio."""

    user: dict[str, Any]
    password_hash: str
    token_version: int


def account(db: Database, email: str) -> Account | None:
    """La cuenta de un correo en minúsculas, si existe."""
    row = fetch_one(db, _ACCOUNT, email=email)
    if row is None:
        return None
    password_hash, token_version = row.pop("password_hash"), row.pop("token_version")
    return Account(_with_visible_menu(row), password_hash, token_version)


def user(db: Database, user_id: int) -> dict[str, Any]:
    """Una cuenta, con el menú que ve.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_USER, user_id=user_id)
    if row is None:
        raise NotFound("El usuario no existe.")
    return _with_visible_menu(row)


def users_page(db: Database, query: UserQuery) -> dict[str, Any]:
    """Una página de cuentas, las más nuevas primero."""
    statement = USER.order_by(User.user_id.desc())
    if query.role is not None:
        statement = statement.where(func.lower(Role.name) == query.role.lower())
    if query.search:
        statement = statement.where(matches_words(User.full_name + " " + User.email, query.search))
    if query.is_active is not None:
        statement = statement.where(User.is_active == query.is_active)
    page = fetch_page(db, statement, query, "users")
    return {**page, "users": [_with_visible_menu(row) for row in page["users"]]}


def _with_visible_menu(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "menu_config": visible_menu(row["menu_config"], frozenset(row["permissions"]))}


def role(db: Database, role_id: int) -> dict[str, Any]:
    """Un rol.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_ROLE, role_id=role_id)
    if row is None:
        raise NotFound("El rol no existe.")
    return row


def roles(db: Database) -> list[dict[str, Any]]:
    """Todos los roles, por nombre."""
    return fetch_all(db, _ROLES)


def locked_until(db: Database, email: str) -> datetime | None:
    """Hasta cuándo se rechazan las entradas de un correo."""
    instant: datetime | None = fetch_value(db, _LOCKED_UNTIL, email=email)
    return instant


def other_active_admins(db: Session, user_id: int) -> Row[int] | None:
    """Alguna otra cuenta activa de administración."""
    return db.execute(
        select(User.user_id)
        .join(Role, Role.role_id == User.role_id)
        .where(Role.name == ADMIN_ROLE, User.is_active, User.user_id != user_id)
        .limit(1)
    ).first()
