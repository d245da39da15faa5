"""Las rutas de quien emite comprobantes electrónicos: sus datos y su numeración."""

from typing import Any

from flask import Blueprint

from common.auth_middleware import current_user, require
from common.database import reading, snapshot, transaction
from common.permissions import Permission
from common.schemas import In
from common.versions import Expected
from common.web import answers, body, conditional
from facturacion_service import models_sri_settings, operations_sri_sequences, operations_sri_settings
from facturacion_service.schemas_sri_settings import (
    SETTINGS_VERSION,
    SequenceIn,
    SequenceOut,
    SettingsIn,
    SettingsOut,
    SettingsPatch,
)

bp = Blueprint("sri_settings", __name__)


def _settings_form() -> type[In]:
    """La primera vez hay datos que no pueden faltar; después, solo se exige que valga lo que llega."""
    with reading() as db:
        return SettingsIn if models_sri_settings.settings(db) is None else SettingsPatch


@bp.get("/sri/settings")
@require(Permission.SRI_MANAGE)
@answers(settings=SettingsOut | None, versioned=SETTINGS_VERSION)
def get_sri_settings() -> dict[str, Any]:
    """Muestra los datos de quien emite los comprobantes electrónicos

    `null` si nunca se pusieron: la clínica factura entonces sin comprobantes electrónicos.
    """
    with snapshot() as db:
        return {"settings": models_sri_settings.shown_settings(db)}


@bp.put("/sri/settings")
@require(Permission.SRI_MANAGE)
@conditional
@body(SettingsPatch, choose=_settings_form)
@answers(settings=SettingsOut, warnings=list[str], versioned=SETTINGS_VERSION)
def change_sri_settings(body: In, expected: Expected) -> dict[str, Any]:
    """Pone o cambia los datos de quien emite; solo cambia lo que se envía

    La primera vez hacen falta `ruc`, `legal_name` y `head_office_address`. `establishments` se reemplaza
    entero; si no se envía nunca, es el de la configuración en la dirección de la matriz. Después de emitir en
    PRODUCCION el RUC no cambia (409 `ruc_con_comprobantes`). Encender la transmisión da por resuelto lo que
    la detuvo. `warnings` dice lo que conviene saber de cómo queda.
    """
    with transaction() as db:
        user = current_user()
        settings, warnings = operations_sri_settings.write(db, body, user=user, expected=expected)
        return {"settings": settings, "warnings": warnings}


@bp.get("/sri/sequences")
@require(Permission.SRI_MANAGE)
@answers(sequences=list[SequenceOut])
def list_sri_sequences() -> dict[str, Any]:
    """Muestra el último número usado en cada serie y ambiente

    Los de PRODUCCION son también los de las facturas hechas sin comprobante electrónico.
    """
    with snapshot() as db:
        return {"sequences": operations_sri_sequences.sequences(db)}


@bp.put("/sri/sequences")
@require(Permission.SRI_MANAGE)
@body(SequenceIn)
@answers(sequence=SequenceOut)
def advance_sri_sequence(body: SequenceIn) -> dict[str, Any]:
    """Sigue la numeración de otro sistema: sube el último número usado en una serie

    Solo en series registradas, y nunca hacia atrás (409 `secuencia_menor`).
    """
    with transaction() as db:
        return {"sequence": operations_sri_sequences.advance(db, body, user=current_user())}
