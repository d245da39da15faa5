"""Lo que se bloquea y se escribe de cuentas y roles."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auth_service.rows import ChangedUser, LockedRole, LockedUser
from common.database import fetch_all, fetch_one, fetch_value, write
from common.errors import NotFound
from common.permissions import ADMIN_ROLE
from common.sql.statements import FixedQuery, FixedWrite, ValueQuery, columns
from common.tables.auth import RevokedToken, Role, User
from common.tables.base import table_of

_USER = FixedQuery(
    LockedUser,
    select(*columns(LockedUser, User)).where(User.user_id == bindparam("user_id")).with_for_update(),
)
_its_role = select(*columns(LockedRole, Role)).where(Role.role_id == bindparam("role_id"))
_ROLE = FixedQuery(LockedRole, _its_role.with_for_update())
_GRANTED = FixedQuery(LockedRole, _its_role.with_for_update(read=True))
_ADMIN = ValueQuery(int, select(Role.role_id).where(Role.name == ADMIN_ROLE).with_for_update())
_users = table_of(User)
_PASSWORD = FixedWrite(
    update(_users)
    .where(_users.c.user_id == bindparam("wanted"), _users.c.token_version == bindparam("version"))
    .values(token_version=_users.c.token_version + 1)
    .returning(_users.c.user_id),
    "password_hash",
    returning=ChangedUser,
)
_REVOKE = FixedWrite(insert(table_of(RevokedToken)).on_conflict_do_nothing(), "jti", "user_id", "expires_at")


def locked_user(db: Session, user_id: int) -> LockedUser:
    """Una cuenta, bloqueada hasta confirmar.

    :raises NotFound: si no existe.
    """
    user = fetch_one(db, _USER, user_id=user_id)
    if user is None:
        raise NotFound("El usuario no existe.")
    return user


def locked_role(db: Session, role_id: int) -> LockedRole:
    """Un rol, bloqueado hasta confirmar.

    :raises NotFound: si no existe.
    """
    role = fetch_one(db, _ROLE, role_id=role_id)
    if role is None:
        raise NotFound("El rol no existe.")
    return role


def granted_role(db: Session, role_id: int) -> LockedRole | None:
    """Un rol, que nadie cambia mientras se otorga."""
    return fetch_one(db, _GRANTED, role_id=role_id)


def line_up(db: Session) -> None:
    """Pone en fila, hasta confirmar, a quienes cambian cuentas o roles; va antes de todo otro bloqueo.

    Lo que cada uno puede no cambia mientras otorga; dos administradores que se van no se ven mutuamente.
    """
    fetch_value(db, _ADMIN)


def put_password(db: Session, user_id: int, version: int, password_hash: str) -> bool:
    """Cambia una contraseña y sube la versión de sus tokens; falso si ya no es la versión que se dio."""
    return bool(fetch_all(db, _PASSWORD, wanted=user_id, version=version, password_hash=password_hash))


def revoke(db: Session, jti: str, user_id: int, expires_at: datetime) -> None:
    """Cierra un token, si no lo estaba."""
    write(db, _REVOKE, jti=jti, user_id=user_id, expires_at=expires_at)
