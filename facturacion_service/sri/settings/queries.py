"""Lo que facturación toca de quien emite: sus datos, sus establecimientos y cómo van en un comprobante."""

from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_one, fetch_value
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.auth import User
from common.tables.facturacion import Invoice
from common.tables.sri import SriDocument
from common.tables.sri_settings import SriEstablishment, SriSettings
from common.utils import now
from facturacion_service.sri.rows import EstablishmentRow, SettingsRow, ShownSettings
from facturacion_service.sri.xml.codes import RIMPE_LEGENDS
from facturacion_service.sri.xml.documents import Issuer

__all__ = ["SriEstablishment", "SriSettings"]

# Quien lo tiene es el único que cambia al emisor o su certificado; se suelta al confirmar.
ISSUER_LOCK = 727_003

SETTINGS = select(*columns(SettingsRow, SriSettings, updated_by_name=User.full_name)).join(
    User, User.user_id == SriSettings.updated_by
)
_SETTINGS = FixedQuery(SettingsRow, SETTINGS)
_HELD_SETTINGS = FixedQuery(SettingsRow, SETTINGS.with_for_update(read=True, of=SriSettings))
_ESTABLISHMENTS = FixedQuery(
    EstablishmentRow,
    select(*columns(EstablishmentRow, SriEstablishment)).order_by(SriEstablishment.establishment),
)
_SHOWN_SETTINGS = FixedQuery(ShownSettings, SETTINGS, establishments=_ESTABLISHMENTS)
_TURN = ValueQuery(object, select(func.pg_advisory_xact_lock(ISSUER_LOCK).label("locked")))
_LOCKED = ValueQuery(int, select(SriSettings.settings_id).with_for_update())
_HAS_PRODUCTION = ValueQuery(bool, select(exists().where(SriDocument.environment == "PRODUCCION")))
_SERIES = func.left(SriDocument.document_number, 7).label("series")
_OPEN_SERIES = ValueQuery(
    str,
    select(_SERIES)
    .where(SriDocument.voided_at.is_(None), SriDocument.status != "AUTORIZADO")
    .distinct()
    .order_by(_SERIES),
)
_TRIAL_INVOICES = ValueQuery(int, select(func.count()).select_from(Invoice).where(Invoice.is_test))
_COUNT = select(func.count()).select_from(SriDocument)
_OVERDUE = ValueQuery(int, _COUNT.where(SriDocument.next_attempt_at < bindparam("before")))
_NEEDING_ATTENTION = ValueQuery(
    int,
    _COUNT.where(SriDocument.attention.is_not(None), SriDocument.voided_at.is_(None)).where(
        SriDocument.environment == bindparam("environment")
    ),
)


def settings(db: Database) -> SettingsRow | None:
    """Los datos del emisor, sin sus establecimientos; None si la clínica no factura electrónicamente."""
    return fetch_one(db, _SETTINGS)


def held_settings(db: Session) -> SettingsRow | None:
    """Los mismos datos, que nadie cambia hasta confirmar: así un comprobante nace con los de ese instante.

    Varios pueden tenerlos a la vez; solo espera quien los cambia.
    """
    return fetch_one(db, _HELD_SETTINGS)


def shown_settings(db: Database) -> ShownSettings | None:
    """Los datos del emisor con sus establecimientos, como se muestran; None si no los hay."""
    return fetch_one(db, _SHOWN_SETTINGS)


def lock_issuer(db: Session) -> None:
    """Espera su turno para cambiar al emisor, exista ya o no, y a que acaben los comprobantes que nacen."""
    fetch_value(db, _TURN)
    fetch_value(db, _LOCKED)


def replace_establishments(db: Session, rows: list[EstablishmentRow]) -> None:
    """Deja registrados estos establecimientos y ningún otro."""
    db.execute(delete(SriEstablishment))
    db.execute(insert(SriEstablishment), rows)


def has_production_documents(db: Database) -> bool:
    """Si alguna vez se hizo un comprobante de verdad."""
    return bool(fetch_value(db, _HAS_PRODUCTION))


def open_series(db: Database) -> list[str]:
    """Las series «001-002» de los comprobantes que aún esperan su autorización."""
    return fetch_all(db, _OPEN_SERIES)


def trial_invoices(db: Database) -> int:
    """Cuántas facturas se hicieron en el ambiente de pruebas."""
    return fetch_value(db, _TRIAL_INVOICES) or 0


def establishments(db: Database) -> list[EstablishmentRow]:
    """Los establecimientos con su dirección y sus puntos de emisión, en orden."""
    return fetch_all(db, _ESTABLISHMENTS)


def issuer(settings: SettingsRow, establishment: EstablishmentRow) -> Issuer:
    """El emisor tal como va en un comprobante de ese establecimiento."""
    return Issuer(
        ruc=settings["ruc"],
        legal_name=settings["legal_name"],
        trade_name=settings["trade_name"],
        head_office_address=settings["head_office_address"],
        establishment_address=establishment["address"],
        keeps_accounting=settings["keeps_accounting"],
        special_taxpayer_number=settings["special_taxpayer_number"],
        withholding_agent_number=settings["withholding_agent_number"],
        rimpe_legend=RIMPE_LEGENDS[settings["rimpe"]] if settings["rimpe"] else None,
        large_taxpayer_resolution=settings["large_taxpayer_resolution"],
        provider_ruc=settings["provider_ruc"],
    )


def overdue_documents(db: Database, before: datetime) -> int:
    """Cuántos comprobantes debieron dar su paso siguiente antes de un instante."""
    return fetch_value(db, _OVERDUE, before=before) or 0


def documents_needing_attention(db: Database, environment: str) -> int:
    """Cuántos comprobantes de un ambiente esperan que una persona haga algo."""
    return fetch_value(db, _NEEDING_ATTENTION, environment=environment) or 0


def wake_unsigned(db: Session) -> None:
    """Adelanta lo que esperaba un certificado con que firmarse."""
    wake_documents(db, SriDocument.status == "PENDIENTE")


def wake_documents(db: Session, *which: ColumnElement[bool]) -> None:
    """Adelanta los comprobantes que cumplan esas condiciones y nadie tenga tomados."""
    at = now()
    waiting = (SriDocument.next_attempt_at > at, SriDocument.lease_owner.is_(None), *which)
    db.execute(
        update(SriDocument)
        .where(*waiting, SriDocument.voided_at.is_(None))
        .values(next_attempt_at=at)
        .execution_options(synchronize_session=False)
    )
