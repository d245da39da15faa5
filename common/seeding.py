"""Lo que una base recién creada necesita para poder entrar: los roles y la primera cuenta."""

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.config import ConfigurationError, Settings
from common.passwords import hash_password, problem
from common.permissions import ADMIN_ROLE, MENU, ROLE_PERMISSIONS
from common.tables.auth import Role, User

DEFAULT_ADMIN_EMAIL = "admin@clinica.local"


@dataclass(frozen=True)
class AdminAccount:
    """La cuenta recién creada; la contraseña solo se conoce en este momento."""

    email: str
    password: str


def seed_roles(db: Session) -> None:
    """Crea los roles que falten; los que existen no se tocan, salvo Admin, que lo puede todo."""
    for name, permissions in ROLE_PERMISSIONS.items():
        row = {"name": name, "permissions": [p.value for p in permissions], "menu_config": MENU}
        statement = insert(Role).values(row)
        if name == ADMIN_ROLE:
            statement = statement.on_conflict_do_update(
                index_elements=[func.lower(Role.name)], set_={"permissions": row["permissions"]}
            )
        else:
            statement = statement.on_conflict_do_nothing()
        db.execute(statement)


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
    """Una contraseña nueva para la primera cuenta de administración; cierra sus sesiones.

    :raises ConfigurationError: si no hay ninguna.
    """
    admin = db.scalar(select(User).where(User.role_id == _admin_role_id(db)).order_by(User.user_id).limit(1))
    if admin is None:
        raise ConfigurationError("No hay ninguna cuenta de administración.")
    password = secrets.token_urlsafe(12)
    admin.password_hash = hash_password(password)
    admin.token_version += 1
    admin.is_active = True
    return AdminAccount(admin.email, password)


def _check(account: AdminAccount) -> None:
    reason = problem(account.password, account.email)
    if reason:
        raise ConfigurationError(f"ADMIN_PASSWORD: {reason}.")
    if "@" not in account.email:
        raise ConfigurationError("ADMIN_EMAIL: no es un correo electrónico válido.")


def _admin_role_id(db: Session) -> int:
    return db.scalars(select(Role.role_id).where(Role.name == ADMIN_ROLE)).one()
