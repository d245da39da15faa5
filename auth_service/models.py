"""Lo que autenticación toca: cuentas, roles, intentos de entrada y tokens cerrados; todo es suyo."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.orm import Session

from auth_service.rows import AccountRow, RoleRow, UserRow
from auth_service.schemas import UserQuery
from common.database import Database, fetch_all, fetch_one, fetch_value
from common.errors import NotFound
from common.lists.listing import Listing, matches_words
from common.permissions import ADMIN_ROLE, visible_menu
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import LoginAttempt, RevokedToken, Role, User
from common.web.schemas import Payload

__all__ = ["LoginAttempt", "RevokedToken", "Role", "User"]

_IN_ITS_ROLE = {"role_name": Role.name, "permissions": Role.permissions, "menu_config": Role.menu_config}
_HAS_ROLE = Role.role_id == User.role_id
USER = select(*columns(UserRow, User, **_IN_ITS_ROLE)).join(Role, _HAS_ROLE)
_ONE_USER = FixedQuery(UserRow, USER.where(User.user_id == bindparam("user_id")))
_ACCOUNT = FixedQuery(
    AccountRow,
    select(*columns(AccountRow, User, **_IN_ITS_ROLE))
    .join(Role, _HAS_ROLE)
    .where(func.lower(User.email) == bindparam("email")),
)
_USERS = Listing(
    UserRow,
    "users",
    USER.order_by(User.user_id.desc()),
    role=func.lower(Role.name) == func.lower(bindparam("role", type_=Text())),
    search=lambda search: matches_words(User.full_name + " " + User.email, search),
    is_active=User.is_active == bindparam("is_active"),
)

_USER_COUNT = select(func.count()).select_from(User).where(User.role_id == Role.role_id).scalar_subquery()
ROLE = select(*columns(RoleRow, Role, user_count=_USER_COUNT))
_ONE_ROLE = FixedQuery(RoleRow, ROLE.where(Role.role_id == bindparam("role_id")))
_ROLES = FixedQuery(RoleRow, ROLE.order_by(func.lower(Role.name)))
_ROLE_NAMED = ValueQuery(int, select(Role.role_id).where(Role.name == bindparam("name")))
_IS_ADMIN = ValueQuery(
    bool, select((Role.name == ADMIN_ROLE).label("is_admin")).where(Role.role_id == bindparam("role_id"))
)
_OTHER_ADMIN = ValueQuery(
    int,
    select(User.user_id)
    .join(Role, _HAS_ROLE)
    .where(Role.name == ADMIN_ROLE, User.is_active, User.user_id != bindparam("user_id"))
    .limit(1),
)

_LOCKED_UNTIL = ValueQuery(
    datetime, select(LoginAttempt.locked_until).where(LoginAttempt.email == bindparam("email"))
)


class Account(NamedTuple):
    """Una cuenta y con qué se comprueba quién la usa; `user` es lo único que sale del servicio."""

    user: UserRow
    password_hash: str
    token_version: int


def account(db: Database, email: str) -> Account | None:
    """La cuenta de un correo en minúsculas, si existe."""
    row = fetch_one(db, _ACCOUNT, email=email)
    if row is None:
        return None
    return Account(_with_visible_menu(row), row["password_hash"], row["token_version"])


def user(db: Database, user_id: int) -> UserRow:
    """Una cuenta, con el menú que ve.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_USER, user_id=user_id)
    if row is None:
        raise NotFound("El usuario no existe.")
    return _with_visible_menu(row)


def users_page(db: Database, query: UserQuery) -> Payload:
    """Una página de cuentas, las más nuevas primero."""
    return _USERS.page(db, query, complete=lambda rows: [_with_visible_menu(row) for row in rows])


def _with_visible_menu(row: UserRow) -> UserRow:
    """La cuenta sin nada más que lo suyo, y de su menú lo que ve."""
    return {
        "user_id": row["user_id"],
        "full_name": row["full_name"],
        "email": row["email"],
        "role_id": row["role_id"],
        "role_name": row["role_name"],
        "is_active": row["is_active"],
        "permissions": row["permissions"],
        "menu_config": visible_menu(row["menu_config"], frozenset(row["permissions"])),
        "created_at": row["created_at"],
    }


def role(db: Database, role_id: int) -> RoleRow:
    """Un rol.

    :raises NotFound: si no existe.
    """
    row = fetch_one(db, _ONE_ROLE, role_id=role_id)
    if row is None:
        raise NotFound("El rol no existe.")
    return row


def roles(db: Database) -> list[RoleRow]:
    """Todos los roles, por nombre."""
    return fetch_all(db, _ROLES)


def locked_until(db: Database, email: str) -> datetime | None:
    """Hasta cuándo se rechazan las entradas de un correo."""
    return fetch_value(db, _LOCKED_UNTIL, email=email)


def role_named(db: Session, name: str) -> int | None:
    """El número del rol que se llama así."""
    return fetch_value(db, _ROLE_NAMED, name=name)


def is_admin_role(db: Session, role_id: int) -> bool:
    """Si es el rol de administración."""
    return bool(fetch_value(db, _IS_ADMIN, role_id=role_id))


def other_active_admin(db: Session, user_id: int) -> int | None:
    """Alguna otra cuenta activa de administración."""
    return fetch_value(db, _OTHER_ADMIN, user_id=user_id)
