"""Tablas de la plataforma, que escriben todos los servicios: idempotencia y auditoría."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import Base, created_at, key


class IdempotencyKey(Base):
    """La primera respuesta a una clave de idempotencia, para repetirla durante 24 horas."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("status BETWEEN 200 AND 299", name="status"),
        {"comment": "Primera respuesta a cada clave de idempotencia; vale 24 horas."},
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.user_id"), primary_key=True, comment="De quién es la clave."
    )
    key: Mapped[str] = mapped_column(primary_key=True, comment="Cabecera Idempotency-Key.")
    fingerprint: Mapped[str] = mapped_column(
        comment="SHA-256 de la ruta y el cuerpo: la misma clave no sirve para otra petición."
    )
    status: Mapped[int] = mapped_column(comment="Estado HTTP de la primera respuesta.")
    body: Mapped[str] = mapped_column(comment="Cuerpo JSON de la primera respuesta.")
    location: Mapped[str | None] = mapped_column(comment="Cabecera Location, si la hubo.")
    created_at: Mapped[datetime] = created_at(index=True)


class AuditLog(Base):
    """Quién hizo qué y cuándo; cada fila encadena el resumen de la anterior."""

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("hash ~ '^[0-9a-f]{64}$' AND previous_hash ~ '^[0-9a-f]{64}$'", name="hash"),
        Index("ix_audit_log_patient", "patient_id", "audit_id"),
        Index("ix_audit_log_user", "user_id", "audit_id"),
        Index("ix_audit_log_created_at", "created_at"),
        {"comment": "Auditoría encadenada: solo se agrega."},
    )

    audit_id: Mapped[int] = key("Número de la entrada.", big=True)
    created_at: Mapped[datetime] = created_at("Cuándo.")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quién.")
    action: Mapped[str] = mapped_column(comment="Qué hizo: READ, CREATE, UPDATE, DELETE…")
    entity: Mapped[str] = mapped_column(comment="Sobre qué tabla.")
    entity_id: Mapped[int | None] = mapped_column(comment="Sobre qué fila.")
    patient_id: Mapped[int | None] = mapped_column(
        ForeignKey("patients.patient_id"), comment="De qué paciente, si lo hay."
    )
    request_id: Mapped[str] = mapped_column(comment="Petición que lo causó (X-Request-ID).")
    ip_address: Mapped[str | None] = mapped_column(comment="Desde dónde.")
    details: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="Qué campos cambiaron; nunca texto clínico."
    )
    previous_hash: Mapped[str] = mapped_column(comment="Resumen SHA-256 de la entrada anterior.")
    hash: Mapped[str] = mapped_column(comment="Resumen SHA-256 de esta entrada y del anterior.")
