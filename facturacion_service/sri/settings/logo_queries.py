"""El logotipo del emisor, para el RIDE."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from common.database import Database, fetch_value
from common.sql.statements import ValueQuery
from common.tables.sri_settings import SriLogo

ONLY_ROW = 1

LOGO = select(SriLogo.image)
_LOGO = ValueQuery(bytes, LOGO)


def logo(db: Database) -> bytes | None:
    """La imagen, o None si no hay."""
    return fetch_value(db, _LOGO)


def put(db: Session, image: bytes, user_id: int) -> None:
    """Guarda la imagen en lugar de la que hubiera."""
    db.merge(SriLogo(logo_id=ONLY_ROW, image=image, updated_by=user_id))
    db.flush()


def remove(db: Session) -> bool:
    """Quita la imagen; False si no había."""
    return db.scalar(delete(SriLogo).returning(SriLogo.logo_id)) is not None
