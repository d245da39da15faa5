"""Las tablas de códigos de la ficha técnica SRI 2.34 que usa una clínica: son datos, no reglas."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from facturacion_service.sri.xml.documents import (
    FACTURA,
    NOTA_DE_CREDITO,
    Document,
    Environment,
    InvoiceDocument,
)

# El reloj del SRI: el del Ecuador continental, sea cual sea la zona de la clínica.
ECUADOR = ZoneInfo("America/Guayaquil")

EMISSION_NORMAL = "1"  # tabla 2
CURRENCY = "DOLAR"

# Tabla 3, en el orden en que se imprimen.
DOCUMENT_NAMES = {FACTURA: "FACTURA", NOTA_DE_CREDITO: "NOTA DE CRÉDITO"}

# Tabla 4.
ENVIRONMENT_CODES: dict[Environment, str] = {"PRUEBAS": "1", "PRODUCCION": "2"}
ENVIRONMENT_NAMES: dict[Environment, str] = {"PRUEBAS": "PRUEBAS", "PRODUCCION": "PRODUCCIÓN"}
EMISSION_NAMES = {EMISSION_NORMAL: "NORMAL"}

# Tabla 6.
BUYER_ID_CODES = {
    "RUC": "04",
    "CEDULA": "05",
    "PASAPORTE": "06",
    "CONSUMIDOR_FINAL": "07",
    "EXTERIOR": "08",
}

# Tabla 16.
IVA = "2"
TAX_NAMES = {"2": "IVA", "3": "ICE", "5": "IRBPNR"}

# Tabla 24. Transferencias, depósitos y cheques son «otros con utilización del sistema financiero».
PAYMENT_CODES = {
    "EFECTIVO": "01",
    "TARJETA_DEBITO": "16",
    "TARJETA_CREDITO": "19",
    "TRANSFERENCIA": "20",
    "OTRO": "20",
}
PAYMENT_NAMES = {
    "01": "SIN UTILIZACIÓN DEL SISTEMA FINANCIERO",
    "15": "COMPENSACIÓN DE DEUDAS",
    "16": "TARJETA DE DÉBITO",
    "17": "DINERO ELECTRÓNICO",
    "18": "TARJETA PREPAGO",
    "19": "TARJETA DE CRÉDITO",
    "20": "OTROS CON UTILIZACIÓN DEL SISTEMA FINANCIERO",
    "21": "ENDOSO DE TÍTULOS",
}

# Anexo 22. El esquema oficial de 2022 solo admite la primera; la ficha, las dos.
RIMPE_LEGENDS = {
    "RIMPE": "CONTRIBUYENTE RÉGIMEN RIMPE",
    "NEGOCIO_POPULAR": "CONTRIBUYENTE NEGOCIO POPULAR - RÉGIMEN RIMPE",
}


@dataclass(frozen=True)
class IvaPeriod:
    """Los días, ambos incluidos, en que rigió una tarifa; sin límite donde es `None`."""

    valid_from: date | None = None
    valid_to: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class IvaCode:
    """Un código de la tabla 17, con su tarifa en por ciento.

    :param periods: cuándo una clínica puede vender con él; vacío, nunca.
    """

    code: str
    rate: int
    name: str
    periods: tuple[IvaPeriod, ...] = ()

    def is_in_force(self, on: date) -> bool:
        """Si ese día se puede vender con él."""
        return any(on in period for period in self.periods)


_ALWAYS = (IvaPeriod(),)
_CODES = (
    IvaCode("0", 0, "0%", _ALWAYS),
    IvaCode(
        "2",
        12,
        "12%",
        (
            IvaPeriod(valid_to=date(2016, 5, 31)),
            IvaPeriod(valid_from=date(2017, 6, 1), valid_to=date(2024, 3, 31)),
        ),
    ),
    IvaCode("3", 14, "14%", (IvaPeriod(date(2016, 6, 1), date(2017, 5, 31)),)),
    IvaCode("4", 15, "15%", (IvaPeriod(valid_from=date(2024, 4, 1)),)),
    # Solo la venta local de materiales de construcción.
    IvaCode("5", 5, "5%", (IvaPeriod(valid_from=date(2024, 4, 1)),)),
    IvaCode("6", 0, "NO OBJETO DE IVA"),
    IvaCode("7", 0, "EXENTO DE IVA"),
    # Solo turismo, los días que un decreto señala.
    IvaCode("8", 8, "8%"),
    # La tarifa base de la ley, sin uso mientras rija el 15 %.
    IvaCode("10", 13, "13%"),
)
# Tabla 17: el código no se deduce de la tarifa (el de 13 % es 10).
IVA_CODES = {iva.code: iva for iva in _CODES}


def iva_code(rate: int, on: date) -> str:
    """El código de una tarifa de IVA, en por ciento, el día de la emisión (o el de la factura acreditada).

    :raises ValueError: si con esa tarifa no se podía facturar ese día.
    """
    found = next((iva.code for iva in _CODES if iva.rate == rate and iva.is_in_force(on)), None)
    if found is None:
        raise ValueError(f"con la tarifa de IVA {rate} % no se factura el {on:%d/%m/%Y}")
    return found


def environment_of(code: str) -> Environment:
    """El ambiente de un código (tabla 4).

    :raises ValueError: si no existe.
    """
    for environment, known in ENVIRONMENT_CODES.items():
        if known == code:
            return environment
    raise ValueError(f"el ambiente {code} no existe: es 1 (pruebas) o 2 (producción)")


def doc_code_of(document: Document) -> str:
    """El código de un comprobante (tabla 3)."""
    return FACTURA if isinstance(document, InvoiceDocument) else NOTA_DE_CREDITO
