"""Lo que facturación toca de los certificados de firma, que guarda cifrados."""

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from common.database import Database, fetch_one
from common.sql.statements import FixedQuery, columns
from common.tables.auth import User
from common.tables.sri_settings import SriCertificate
from facturacion_service.sri.rows import CertificateRow

__all__ = ["SriCertificate"]

_CURRENT = FixedQuery(
    CertificateRow,
    select(*columns(CertificateRow, SriCertificate, uploaded_by_name=User.full_name))
    .join(User, User.user_id == SriCertificate.uploaded_by)
    .where(SriCertificate.is_current),
)


def current(db: Database) -> CertificateRow | None:
    """El certificado con que se firma y su clave, ambos cifrados en `sealed`; None si no hay."""
    return fetch_one(db, _CURRENT)


def retire_current(db: Session) -> int | None:
    """El vigente deja de serlo y su clave se borra; queda lo que dice. Devuelve cuál era, o None."""
    statement = update(SriCertificate).where(SriCertificate.is_current)
    retired = statement.values(is_current=False, sealed=b"").returning(SriCertificate.certificate_id)
    return db.scalar(retired)


def add(db: Session, values: dict[str, Any]) -> int:
    """Guarda un certificado como el vigente."""
    statement = insert(SriCertificate).values(**values, is_current=True)
    return db.scalars(statement.returning(SriCertificate.certificate_id)).one()
