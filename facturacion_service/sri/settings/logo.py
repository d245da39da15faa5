"""Poner y quitar el logotipo que va en el RIDE."""

from sqlalchemy.orm import Session

from common.auth_middleware import CurrentUser
from common.errors import NotFound, invalid
from common.rules import audit
from facturacion_service.sri.settings import logo_queries
from facturacion_service.sri.settings.base64_files import decoded
from facturacion_service.sri.settings.logo_queries import ONLY_ROW
from facturacion_service.sri.settings.schemas import LogoIn

ENTITY = "sri_logo"


def put(db: Session, body: LogoIn, *, user: CurrentUser) -> None:
    """Pone el logotipo en lugar del que hubiera.

    :raises Invalid: si no es una imagen PNG o JPEG, está dañada o tiene demasiados puntos.
    """
    # Aquí y no arriba: quien no toca el logotipo no carga la biblioteca.
    from facturacion_service.sri.ride.masthead import as_logo

    try:
        image = as_logo(decoded("file_base64", body.file_base64))
    except ValueError as error:
        raise invalid("file_base64", str(error)) from error
    logo_queries.put(db, image, user.user_id)
    audit.record(db, user, "UPDATE", ENTITY, ONLY_ROW)


def remove(db: Session, *, user: CurrentUser) -> None:
    """Quita el logotipo.

    :raises NotFound: si no hay.
    """
    if not logo_queries.remove(db):
        raise NotFound("No hay logotipo.")
    audit.record(db, user, "DELETE", ENTITY, ONLY_ROW)
