"""Tablas del servicio de autenticación: roles, usuarios, intentos de entrada y tokens revocados."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import Base, created_at, key, updated_at


class Role(Base):
    """Qué puede hacer quien lo tiene y qué menú ve."""

    __tablename__ = "roles"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name_not_empty"),
        Index("uq_roles_name", func.lower(text("name")), unique=True),
        {"comment": "Roles: qué puede hacer quien lo tiene y qué menú ve."},
    )

    role_id: Mapped[int] = key("Número del rol.")
    name: Mapped[str] = mapped_column(comment="Nombre, único sin distinguir mayúsculas.")
    permissions: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="Permisos «recurso:acción» que otorga."
    )
    menu_config: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default="[]", comment="Árbol completo del menú, antes de filtrarlo."
    )
    created_at: Mapped[datetime] = created_at()


class User(Base):
    """Quien entra al sistema; los doctores también."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email LIKE '%_@_%'", name="email_shape"),
        CheckConstraint("full_name <> ''", name="full_name_not_empty"),
        CheckConstraint("token_version >= 1", name="token_version_positive"),
        Index("uq_users_email", func.lower(text("email")), unique=True),
        {"comment": "Usuarios: quienes entran al sistema; los doctores también."},
    )

    user_id: Mapped[int] = key("Número del usuario.")
    full_name: Mapped[str] = mapped_column(comment="Nombre completo.")
    email: Mapped[str] = mapped_column(comment="Correo con que entra, único sin mayúsculas.")
    password_hash: Mapped[str] = mapped_column(comment="Resumen bcrypt; nunca la contraseña.")
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.role_id"), index=True, comment="Su rol.")
    is_active: Mapped[bool] = mapped_column(server_default="true", comment="Si puede entrar.")
    token_version: Mapped[int] = mapped_column(
        server_default="1", comment="Sube al desactivar o cambiar la contraseña: invalida tokens."
    )
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()


class LoginAttempt(Base):
    """Entradas fallidas por correo, exista o no la cuenta."""

    __tablename__ = "login_attempts"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        {"comment": "Entradas fallidas por correo, exista o no la cuenta."},
    )

    email: Mapped[str] = mapped_column(primary_key=True, comment="Correo en minúsculas.")
    failures: Mapped[int] = mapped_column(comment="Fallos dentro de la ventana.")
    window_started_at: Mapped[datetime] = mapped_column(index=True, comment="Primer fallo de la ventana.")
    locked_until: Mapped[datetime | None] = mapped_column(
        comment="Hasta cuándo se rechaza sin comprobar la contraseña."
    )


class RevokedToken(Base):
    """Tokens cerrados antes de vencer."""

    __tablename__ = "revoked_tokens"
    __table_args__ = ({"comment": "Tokens cerrados antes de vencer."},)

    jti: Mapped[str] = mapped_column(primary_key=True, comment="Identificador del token.")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), index=True, comment="De quién era.")
    expires_at: Mapped[datetime] = mapped_column(index=True, comment="Cuándo vencía; después la fila sobra.")
