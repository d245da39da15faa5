"""La cola de correos con comprobantes autorizados; se toma en arriendo como la de envíos al SRI."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from common.database import Database, fetch_one, fetch_value
from common.outbox.leases import claiming, held
from common.sql.statements import FixedWrite, ValueQuery, columns
from common.tables.facturacion import Invoice
from common.tables.sri import SriDelivery, SriDocument
from common.utils import now
from facturacion_service.sri.documents.queries import DELIVERED_XML
from facturacion_service.sri.settings.logo_queries import LOGO
from facturacion_service.sri.xml.documents import Environment

__all__ = ["SriDelivery"]


@dataclass(frozen=True)
class Parcel:
    """Un correo tomado en arriendo y lo que hace falta para escribirlo."""

    delivery_id: int
    owner: str
    until: datetime
    document_id: int
    recipient: str
    signed_xml: bytes
    authorization_number: str
    authorized_at: datetime
    environment: Environment
    logo: bytes | None


_CLAIM = FixedWrite(
    claiming(SriDelivery.delivery_id, SriDelivery.status == "PENDIENTE")
    .where(SriDocument.document_id == SriDelivery.document_id)
    .returning(
        *columns(
            Parcel,
            SriDocument,
            delivery_id=SriDelivery.delivery_id,
            owner=SriDelivery.lease_owner,
            until=SriDelivery.lease_until,
            recipient=SriDelivery.recipient,
            signed_xml=DELIVERED_XML,
            logo=LOGO.scalar_subquery(),
        )
    ),
    returning=Parcel,
)
_BUYER_EMAIL = ValueQuery(
    str, select(Invoice.buyer_email).where(Invoice.invoice_id == bindparam("invoice_id"))
)


def claim_delivery(db: Session, owner: str, lease: timedelta) -> Parcel | None:
    """Toma el correo que más tiempo lleva esperando, o ninguno; el que otro está tomando se salta."""
    at = now()
    return fetch_one(db, _CLAIM, at=at, owner=owner, until=at + lease)


def held_delivery(db: Session, parcel: Parcel) -> SriDelivery:
    """El correo tomado, bloqueado hasta confirmar.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    delivery: SriDelivery = held(db, SriDelivery.delivery_id, parcel.delivery_id, parcel.owner)
    return delivery


def buyer_email(db: Database, invoice_id: int) -> str | None:
    """El correo que dio el comprador de una factura."""
    return fetch_value(db, _BUYER_EMAIL, invoice_id=invoice_id)
