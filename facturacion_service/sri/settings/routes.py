"""Las rutas de quien emite comprobantes electrónicos: sus datos, su firma, su numeración y qué le falta."""

from typing import Annotated

from flask import Response

from common.auth_middleware import current_user, require
from common.database import reading, snapshot, transaction
from common.errors import NotFound
from common.lists.files import download_bytes
from common.openapi.resource import Resource, Tag
from common.permissions import Permission
from common.web.contract import Answer, answers, conditional, json_body, sends
from common.web.field_words import Says
from common.web.schemas import In, Payload
from common.web.versions import Expected
from facturacion_service.sri.settings import (
    certificates,
    logo,
    logo_queries,
    operations,
    preflight,
    queries,
    sequences,
)
from facturacion_service.sri.settings.schemas import (
    SETTINGS_VERSION,
    CertificateIn,
    CertificateOut,
    LogoIn,
    PreflightOut,
    SequenceIn,
    SequenceOut,
    SettingsIn,
    SettingsOut,
    SettingsPatch,
)

TAG = Tag("Facturación electrónica", "Quién emite, los comprobantes y su autorización por el SRI.")
bp = Resource("sri_settings", __name__, TAG)
PNG = "image/png"


def _settings_form() -> type[In]:
    """La primera vez hay datos que no pueden faltar; después, solo se exige que valga lo que llega."""
    with reading() as db:
        return SettingsIn if queries.settings(db) is None else SettingsPatch


@bp.get("/sri/settings")
@require(Permission.SRI_MANAGE)
@answers(settings=SettingsOut | None, versioned=SETTINGS_VERSION)
def get_sri_settings() -> Payload:
    """Muestra los datos de quien emite los comprobantes electrónicos

    `null` si nunca se pusieron: la clínica factura entonces sin comprobantes electrónicos.
    """
    with snapshot() as db:
        return {"settings": queries.shown_settings(db)}


@bp.put("/sri/settings")
@require(Permission.SRI_MANAGE)
@conditional
@json_body(SettingsPatch, choose=_settings_form)
@answers(settings=SettingsOut, warnings=Annotated[list[str], Says(example=[])], versioned=SETTINGS_VERSION)
def change_sri_settings(body: In, expected: Expected) -> Payload:
    """Pone o cambia los datos de quien emite; solo cambia lo que se envía

    La primera vez hacen falta `ruc`, `legal_name` y `head_office_address`. `establishments` se reemplaza
    entero; si no se envía nunca, es el de la configuración en la dirección de la matriz. Después de emitir en
    PRODUCCION el RUC no cambia (409 `ruc_con_comprobantes`). Encender la transmisión da por resuelto lo que
    la detuvo. `warnings` dice lo que conviene saber de cómo queda.
    """
    with transaction() as db:
        user = current_user()
        settings, warnings = operations.write(db, body, user=user, expected=expected)
        return {"settings": settings, "warnings": warnings}


@bp.get("/sri/certificate")
@require(Permission.SRI_MANAGE)
@answers(certificate=CertificateOut | None)
def get_sri_certificate() -> Payload:
    """Muestra el certificado con que se firma; `null` si no hay

    Nunca muestra la clave. `warnings` dice si está por vencer, no es del RUC del emisor o no se puede abrir.
    """
    with snapshot() as db:
        return {"certificate": certificates.shown(db)}


@bp.post("/sri/certificate")
@require(Permission.SRI_MANAGE)
@json_body(CertificateIn)
@answers(status=201, location="/api/facturacion/sri/certificate", certificate=CertificateOut)
def upload_sri_certificate(body: CertificateIn) -> Payload:
    """Sube el certificado de firma, que reemplaza al que haya

    El archivo `.p12` se abre con su contraseña; de él se guardan la clave y el certificado, cifrados con
    SRI_CERTIFICATE_KEY (409 `sin_clave_de_cifrado` si no está puesta). El archivo y su contraseña no se
    guardan. Si no menciona el RUC del emisor se acepta con un aviso.
    """
    with transaction() as db:
        return {"certificate": certificates.upload(db, body, user=current_user())}


@bp.delete("/sri/certificate")
@require(Permission.SRI_MANAGE)
@answers(errors=(404,))
def withdraw_sri_certificate() -> Answer:
    """Retira el certificado de firma y borra su clave"""
    with transaction() as db:
        certificates.withdraw(db, user=current_user())
    return Answer(message="El certificado de firma se retiró y su clave se borró.")


@bp.get("/sri/logo")
@require(Permission.SRI_MANAGE)
@sends(PNG, errors=(404,))
def get_sri_logo() -> Response:
    """Entrega el logotipo que va en el RIDE"""
    with reading() as db:
        image = logo_queries.logo(db)
    if image is None:
        raise NotFound("No hay logotipo.")
    return download_bytes(image, PNG, "logotipo.png")


@bp.put("/sri/logo")
@require(Permission.SRI_MANAGE)
@json_body(LogoIn)
@answers()
def put_sri_logo(body: LogoIn) -> Answer:
    """Pone el logotipo que va en el RIDE: una imagen PNG o JPEG

    El RIDE se imprime cada vez que se pide, también el de lo ya emitido.
    """
    with transaction() as db:
        logo.put(db, body, user=current_user())
    return Answer(message="El logotipo quedó puesto.")


@bp.delete("/sri/logo")
@require(Permission.SRI_MANAGE)
@answers(errors=(404,))
def remove_sri_logo() -> Answer:
    """Quita el logotipo del RIDE"""
    with transaction() as db:
        logo.remove(db, user=current_user())
    return Answer(message="El logotipo se quitó.")


@bp.get("/sri/preflight")
@require(Permission.SRI_MANAGE)
@answers(PreflightOut)
def get_sri_preflight() -> Payload:
    """Dice si ya se puede emitir comprobantes electrónicos y todo lo que falta

    `blocking` es true en lo que impide que haya comprobantes autorizados; lo demás son avisos.
    """
    with snapshot() as db:
        return preflight.preflight(db)


@bp.get("/sri/sequences")
@require(Permission.SRI_MANAGE)
@answers(sequences=list[SequenceOut])
def list_sri_sequences() -> Payload:
    """Muestra el último número usado en cada serie y ambiente

    Los de PRODUCCION son también los de las facturas hechas sin comprobante electrónico.
    """
    with snapshot() as db:
        return {"sequences": sequences.sequences(db)}


@bp.put("/sri/sequences")
@require(Permission.SRI_MANAGE)
@json_body(SequenceIn)
@answers(sequence=SequenceOut)
def advance_sri_sequence(body: SequenceIn) -> Payload:
    """Sigue la numeración de otro sistema: sube el último número usado en una serie

    Solo en series registradas, y nunca hacia atrás (409 `secuencia_menor`).
    """
    with transaction() as db:
        return {"sequence": sequences.advance(db, body, user=current_user())}
