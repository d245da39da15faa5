"""La cola de correos con comprobantes autorizados; se toma en arriendo como la de envíos al SRI."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from common.database import Database, fetch_value
from common.outbox.leases import LostLease, free
from common.tables.facturacion import Invoice
from common.tables.sri import SriDelivery, SriDocument
from common.utils import now
from facturacion_service.sri.documents.queries import DELIVERED_XML
from facturacion_service.sri.settings.logo_queries import logo
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


def claim_delivery(db: Session, owner: str, lease: timedelta) -> Parcel | None:
    """Toma el correo que más tiempo lleva esperando, o ninguno; el que otro está tomando se salta."""
    at = now()
    taken = (
        update(SriDelivery)
        .where(SriDelivery.delivery_id == _first_due(at))
        .values(lease_owner=owner, lease_until=at + lease)
        .returning(SriDelivery.delivery_id, SriDelivery.recipient, SriDelivery.document_id)
        .cte("taken")
    )
    statement = select(
        taken.c.delivery_id,
        taken.c.document_id,
        taken.c.recipient,
        DELIVERED_XML,
        SriDocument.authorization_number,
        SriDocument.authorized_at,
        SriDocument.environment,
    ).join_from(taken, SriDocument, SriDocument.document_id == taken.c.document_id)
    found = db.execute(statement).mappings().one_or_none()
    return Parcel(owner=owner, until=at + lease, logo=logo(db), **found) if found else None


def _first_due(at: datetime) -> Any:
    return (
        select(SriDelivery.delivery_id)
        .where(SriDelivery.next_attempt_at <= at, SriDelivery.status == "PENDIENTE", free(SriDelivery, at))
        .order_by(SriDelivery.next_attempt_at, SriDelivery.delivery_id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )


def held_delivery(db: Session, parcel: Parcel) -> SriDelivery:
    """El correo tomado, bloqueado hasta confirmar.

    :raises LostLease: si ya no es de quien lo tomó.
    """
    statement = select(SriDelivery).where(
        SriDelivery.delivery_id == parcel.delivery_id, SriDelivery.lease_owner == parcel.owner
    )
    row = db.scalars(statement.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise LostLease(parcel.delivery_id)
    return row


def buyer_email(db: Database, invoice_id: int) -> str | None:
    """El correo que dio el comprador de una factura."""
    email: str | None = fetch_value(db, select(Invoice.buyer_email).where(Invoice.invoice_id == invoice_id))
    return email
