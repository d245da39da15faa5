"""Lo que una base recién creada necesita para poder entrar: los roles y la primera cuenta."""

import secrets
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.access.passwords import hash_password, problem
from common.config import ConfigurationError, Settings
from common.database import fetch_value, write
from common.permissions import ADMIN_ROLE, FIXED_ROLES, MENU, ROLE_PERMISSIONS
from common.sql.statements import FixedWrite, ValueQuery
from common.tables.auth import LoginAttempt, Role, User
from common.tables.base import table_of

DEFAULT_ADMIN_EMAIL = "admin@clinica.local"

_HOW_MANY_ROLES = ValueQuery(int, select(func.count()).select_from(Role))
_HOW_MANY_USERS = ValueQuery(int, select(func.count()).select_from(User))
_ADMIN_ROLE = ValueQuery(int, select(Role.role_id).where(Role.name == ADMIN_ROLE))
_FIRST_ADMIN = ValueQuery(
    int,
    select(User.user_id)
    .join(Role, Role.role_id == User.role_id)
    .where(Role.name == ADMIN_ROLE)
    .order_by(User.user_id)
    .limit(1),
)
_roles, _attempts = table_of(Role), table_of(LoginAttempt)
_new = insert(_roles)
_SEED = FixedWrite(
    _new.on_conflict_do_update(
        index_elements=[func.lower(_roles.c.name)], set_={"permissions": _new.excluded.permissions}
    ),
    *("name", "permissions", "menu_config"),
)
_UNLOCK = FixedWrite(delete(_attempts).where(_attempts.c.email == bindparam("email")))


@dataclass(frozen=True)
class AdminAccount:
    """La cuenta recién creada; la contraseña solo se conoce en este momento."""

    email: str
    password: str


def seed_roles(db: Session) -> None:
    """La primera vez, todos los roles; después solo los fijos, y con lo que deben poder.

    Los demás son de la clínica desde que nacen: el que renombró o borró no vuelve a aparecer.
    """
    is_first = fetch_value(db, _HOW_MANY_ROLES) == 0
    for name in ROLE_PERMISSIONS if is_first else FIXED_ROLES:
        permissions = [permission.value for permission in ROLE_PERMISSIONS[name]]
        write(db, _SEED, name=name, permissions=permissions, menu_config=MENU)


def ensure_admin(db: Session, settings: Settings) -> AdminAccount | None:
    """Crea la primera cuenta si no hay ningún usuario.

    :raises ConfigurationError: si `ADMIN_PASSWORD` no se admite.
    """
    if fetch_value(db, _HOW_MANY_USERS):
        return None
    account = AdminAccount(
        (settings.admin_email or DEFAULT_ADMIN_EMAIL).lower(),
        settings.admin_password or secrets.token_urlsafe(12),
    )
    _check(account)
    db.add(
        User(
            full_name="Administración",
            email=account.email,
            password_hash=hash_password(account.password),
            role_id=fetch_value(db, _ADMIN_ROLE),
        )
    )
    return account


def reset_admin(db: Session) -> AdminAccount:
    """Una contraseña nueva para la primera cuenta de administración; cierra sus sesiones y la desbloquea.

    :raises ConfigurationError: si no hay ninguna.
    """
    first = fetch_value(db, _FIRST_ADMIN)
    if first is None:
        raise ConfigurationError("No hay ninguna cuenta de administración.")
    admin = db.get_one(User, first)
    password = secrets.token_urlsafe(12)
    admin.password_hash = hash_password(password)
    admin.token_version += 1
    admin.is_active = True
    write(db, _UNLOCK, email=admin.email.lower())
    return AdminAccount(admin.email, password)


def _check(account: AdminAccount) -> None:
    reason = problem(account.password, account.email)
    if reason:
        raise ConfigurationError(f"ADMIN_PASSWORD: {reason}.")
    if "@" not in account.email:
        raise ConfigurationError("ADMIN_EMAIL: no es un correo electrónico válido.")
