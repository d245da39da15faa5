"""Lo que se puede decir de los datos del emisor con solo verlos: qué falta y qué conviene saber."""

from collections.abc import Iterator

from common.config import load_settings
from facturacion_service.sri.rows import EstablishmentRow, ShownSettings
from facturacion_service.sri.xml.documents import Series
from facturacion_service.sri.xml.findings import Problem

MISSING = Problem(
    "sin_datos_del_emisor",
    "No están los datos de quien emite: RUC, razón social y dirección de la matriz.",
    blocking=True,
)
SWITCHED_OFF = Problem(
    "transmision_apagada",
    "La transmisión está apagada: los comprobantes se preparan pero no se envían al SRI.",
    blocking=True,
)
NO_PROVIDER = Problem(
    "sin_ruc_del_proveedor",
    "No está el RUC de quien provee el sistema. Desde el 26 de septiembre de 2026, quien factura con un"
    " sistema de terceros lo debe poner en cada comprobante (resolución NAC-DGERCGC26-00000027).",
)


def problems(issuer: ShownSettings, series: Series) -> Iterator[Problem]:
    """Lo que dicen los datos del emisor, con sus establecimientos.

    :param series: con la que se factura si no se pide otra.
    """
    if not is_registered(issuer["establishments"], series):
        yield _unknown_series(series)
    if not issuer["transmission_enabled"]:
        yield SWITCHED_OFF
    if issuer["stopped_reason"]:
        yield _stopped(issuer["stopped_reason"])
    if issuer["provider_ruc"] is None:
        yield NO_PROVIDER
    if issuer["rimpe"] == "NEGOCIO_POPULAR":
        yield _small_business()


def is_registered(establishments: list[EstablishmentRow], series: Series) -> bool:
    """Si una serie está entre las del emisor."""
    return str(series) in registered(establishments)


def registered(establishments: list[EstablishmentRow]) -> list[str]:
    """Las series «001-002» de unos establecimientos."""
    return [f"{row['establishment']}-{point}" for row in establishments for point in row["emission_points"]]


def _unknown_series(series: Series) -> Problem:
    return Problem(
        "serie_sin_registrar",
        f"La serie {series}, con la que se factura si no se pide otra, no está entre los establecimientos"
        " del emisor: regístrela o cambie INVOICE_ESTABLISHMENT e INVOICE_EMISSION_POINT.",
        blocking=True,
    )


def _stopped(reason: str) -> Problem:
    return Problem(
        "detenida_por_el_sri",
        f"El SRI no admite más comprobantes de este emisor: {reason.rstrip('.')}. Cuando esté resuelto,"
        " encienda de nuevo la transmisión.",
        blocking=True,
    )


def _small_business() -> Problem:
    """Con los esquemas a mano, ningún comprobante con esa leyenda llega a emitirse."""
    is_refused_here = bool(load_settings().sri_xsd_dir)
    advice = (
        "mientras SRI_XSD_DIR apunte a él no se puede emitir."
        if is_refused_here
        else "compruebe en PRUEBAS que le autorizan un comprobante antes de pasar a PRODUCCION."
    )
    return Problem(
        "negocio_popular",
        "El esquema que el SRI publicó no admite la leyenda de negocio popular, aunque su ficha técnica sí: "
        + advice,
        blocking=is_refused_here,
    )
