"""Lo que facturación toca de quien emite: sus datos, sus establecimientos y cómo van en un comprobante."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_one
from common.tables.auth import User
from common.tables.sri import SriEstablishment, SriSettings
from facturacion_service.sri.codes import RIMPE_LEGENDS
from facturacion_service.sri.documents import Issuer

__all__ = ["SriEstablishment", "SriSettings"]

SETTINGS = select(
    SriSettings.environment,
    SriSettings.ruc,
    SriSettings.legal_name,
    SriSettings.trade_name,
    SriSettings.head_office_address,
    SriSettings.keeps_accounting,
    SriSettings.special_taxpayer_number,
    SriSettings.withholding_agent_number,
    SriSettings.rimpe,
    SriSettings.is_large_taxpayer,
    SriSettings.provider_ruc,
    SriSettings.consumidor_final_limit,
    SriSettings.transmission_enabled,
    SriSettings.stopped_reason,
    SriSettings.renumbers_automatically,
    SriSettings.created_at,
    SriSettings.updated_at,
    SriSettings.updated_by,
    User.full_name.label("updated_by_name"),
).join(User, User.user_id == SriSettings.updated_by)
_ESTABLISHMENTS = select(
    SriEstablishment.establishment, SriEstablishment.address, SriEstablishment.emission_points
).order_by(SriEstablishment.establishment)


def settings(db: Database) -> dict[str, Any] | None:
    """Los datos del emisor, sin sus establecimientos; None si la clínica no factura electrónicamente."""
    return fetch_one(db, SETTINGS)


def held_settings(db: Session) -> dict[str, Any] | None:
    """Los mismos datos, que nadie cambia hasta confirmar: así un comprobante nace con los de ese instante.

    Varios pueden tenerlos a la vez; solo espera quien los cambia.
    """
    return fetch_one(db, SETTINGS.with_for_update(read=True, of=SriSettings))


def establishments(db: Database) -> list[dict[str, Any]]:
    """Los establecimientos con su dirección y sus puntos de emisión, en orden."""
    return fetch_all(db, _ESTABLISHMENTS)


def establishment(db: Database, number: str) -> dict[str, Any] | None:
    """Un establecimiento por sus tres dígitos, o None si no está registrado."""
    return fetch_one(db, _ESTABLISHMENTS.where(SriEstablishment.establishment == number))


def issuer(settings: Mapping[str, Any], establishment: Mapping[str, Any]) -> Issuer:
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
        is_large_taxpayer=settings["is_large_taxpayer"],
        provider_ruc=settings["provider_ruc"],
    )
