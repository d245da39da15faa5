"""Lo que una base recién creada necesita para poder entrar: los roles y la primera cuenta."""

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.access.passwords import hash_password, problem
from common.config import ConfigurationError, Settings
from common.permissions import ADMIN_ROLE, FIXED_ROLES, MENU, ROLE_PERMISSIONS
from common.tables.auth import LoginAttempt, Role, User

DEFAULT_ADMIN_EMAIL = "admin@clinica.local"


@dataclass(frozen=True)
class AdminAccount:
    """La cuenta recién creada; la contraseña solo se conoce en este momento."""

    email: str
    password: str


def seed_roles(db: Session) -> None:
    """La primera vez, todos los roles; después solo los fijos, y con lo que deben poder.

    Los demás son de la clínica desde que nacen: el que renombró o borró no vuelve a aparecer.
    """
    is_first = db.scalar(select(func.count()).select_from(Role)) == 0
    for name in ROLE_PERMISSIONS if is_first else FIXED_ROLES:
        permissions = [permission.value for permission in ROLE_PERMISSIONS[name]]
        row = {"name": name, "permissions": permissions, "menu_config": MENU}
        statement = insert(Role).values(row)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=[func.lower(Role.name)], set_={"permissions": permissions}
            )
        )


def ensure_admin(db: Session, settings: Settings) -> AdminAccount | None:
    """Crea la primera cuenta si no hay ningún usuario.

    :raises ConfigurationError: si `ADMIN_PASSWORD` no se admite.
    """
    if db.scalar(select(func.count()).select_from(User)):
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
            role_id=_admin_role_id(db),
        )
    )
    return account


def reset_admin(db: Session) -> AdminAccount:
    """Una contraseña nueva para la primera cuenta de administración; cierra sus sesiones y la desbloquea.

    :raises ConfigurationError: si no hay ninguna.
    """
    admin = db.scalar(select(User).where(User.role_id == _admin_role_id(db)).order_by(User.user_id).limit(1))
    if admin is None:
        raise ConfigurationError("No hay ninguna cuenta de administración.")
    password = secrets.token_urlsafe(12)
    admin.password_hash = hash_password(password)
    admin.token_version += 1
    admin.is_active = True
    db.execute(delete(LoginAttempt).where(LoginAttempt.email == admin.email.lower()))
    return AdminAccount(admin.email, password)


def _check(account: AdminAccount) -> None:
    reason = problem(account.password, account.email)
    if reason:
        raise ConfigurationError(f"ADMIN_PASSWORD: {reason}.")
    if "@" not in account.email:
        raise ConfigurationError("ADMIN_EMAIL: no es un correo electrónico válido.")


def _admin_role_id(db: Session) -> int:
    return db.scalars(select(Role.role_id).where(Role.name == ADMIN_ROLE)).one()
