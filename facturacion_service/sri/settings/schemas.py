"""Lo que el servicio de facturación acepta y devuelve de quien emite: sus datos, su firma y sus números."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from common.config import load_settings
from common.validators import ruc
from common.web.clinic_fields import ADDRESS, CreatedAt, UpdatedByName
from common.web.field_numbers import Number, Price
from common.web.field_texts import Text, published
from common.web.field_words import Says
from common.web.schemas import In, Out, partial
from common.web.versions import Versioned
from facturacion_service.ledger.fields import EMISSION_POINT, ESTABLISHMENT
from facturacion_service.sri.xml.documents import DocCode, Environment

# Lo que dicen estos campos, entren o salgan.
CONSUMIDOR_FINAL_LIMIT = Says("Máximo con IVA de una factura a consumidor final, en dólares.", example=50)
EMISSION_POINTS = Says(example=["001"])
FILE_BASE64 = Says(example="MIIKHgIBAzCCCcgGCSqGSIb3DQEHAQ==")
HEAD_OFFICE_ADDRESS = Says(example="Av. Amazonas N34-45, Quito")
ISSUER_RUC_SHOWN = Says(example="1790011674001")
LAST_NUMBER = Says("Último número usado; 0 si ninguno.", example=4812)
LEGAL_NAME = Says(example="Clínica Andina S.A.")
PROVIDER_RUC = Says(example="1793213150001")
RIMPE_REGIME = Says(example=None)
SPECIAL_TAXPAYER_NUMBER = Says(example=None)
TRADE_NAME = Says(example="Clínica Andina")
WITHHOLDING_AGENT_NUMBER = Says(example=None)


Rimpe = Literal["RIMPE", "NEGOCIO_POPULAR"]

MAX_ESTABLISHMENTS = 100
# El último número que se puede registrar: después tiene que caber uno más, de nueve dígitos.
MAX_LAST_NUMBER = 999_999_998
# Un .p12 pesa de 3 a 10 KB; con holgura, y dentro de lo que admite un cuerpo.
MAX_BASE64 = 100_000
# Con las demás claves cabe en el megabyte que admite un cuerpo.
MAX_IMAGE_BASE64 = 900_000

_RUC_PATTERN = r"^[\s-]*([0-9][\s-]*){13}$"
_ISSUER_RUC_PATTERN = r"^[\s-]*([0-9][\s-]*){10}0[\s-]*0[\s-]*1[\s-]*$"


def _issuer_ruc(value: str) -> str:
    """El esquema del SRI solo admite un emisor terminado en 001."""
    number = ruc(value)
    if not number.endswith("001"):
        raise ValueError("el RUC de quien emite termina en 001")
    return number


def _special_taxpayer(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z]{3,13}", value):
        raise ValueError("lleva de 3 a 13 letras o dígitos, sin espacios ni tildes")
    return value


def _withholding_agent(value: str) -> str:
    number = value.lstrip("0")
    if not re.fullmatch(r"[1-9][0-9]{0,7}", number):
        raise ValueError("lleva hasta 8 dígitos, sin contar los ceros delante")
    return number


def _three_digits(value: str) -> str:
    if not re.fullmatch(r"[0-9]{3}", value) or value == "000":
        raise ValueError("debe tener tres dígitos, de 001 a 999")
    return value


def _without_repeats(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise ValueError("un punto de emisión se repite")
    return sorted(values)


Address = Annotated[str, Text(300)]
Name = Annotated[str, Text(300)]
IssuerRuc = Annotated[
    str, StringConstraints(max_length=40), AfterValidator(_issuer_ruc), published(_ISSUER_RUC_PATTERN)
]
ProviderRuc = Annotated[str, StringConstraints(max_length=40), AfterValidator(ruc), published(_RUC_PATTERN)]
SpecialTaxpayer = Annotated[str, AfterValidator(_special_taxpayer), published("^[0-9A-Za-z]{3,13}$")]
WithholdingAgent = Annotated[
    str,
    StringConstraints(max_length=20),
    AfterValidator(_withholding_agent),
    published("^0*[1-9][0-9]{0,7}$"),
]
ThreeDigits = Annotated[
    str, AfterValidator(_three_digits), published("^([1-9][0-9]{2}|0[1-9][0-9]|00[1-9])$")
]

_BASE64 = published(r"^[A-Za-z0-9+/=\r\n\t ]+$")
Base64 = Annotated[str, StringConstraints(min_length=1, max_length=MAX_BASE64), _BASE64]
ImageBase64 = Annotated[str, StringConstraints(min_length=1, max_length=MAX_IMAGE_BASE64), _BASE64]


class EstablishmentIn(In):
    """Un establecimiento del RUC, con los puntos desde los que factura."""

    establishment: Annotated[ThreeDigits, ESTABLISHMENT]
    address: Annotated[Address, ADDRESS]
    emission_points: Annotated[
        list[ThreeDigits],
        Field(min_length=1, max_length=999, json_schema_extra={"uniqueItems": True}),
        AfterValidator(_without_repeats),
        EMISSION_POINTS,
    ]


def _different_establishments(values: list[EstablishmentIn]) -> list[EstablishmentIn]:
    numbers = [value.establishment for value in values]
    if len(set(numbers)) != len(numbers):
        raise ValueError("un establecimiento se repite")
    return sorted(values, key=lambda value: value.establishment)


class SettingsIn(In):
    """Los datos del emisor la primera vez; los que faltan toman su valor habitual."""

    environment: Environment = "PRUEBAS"
    ruc: Annotated[IssuerRuc, ISSUER_RUC_SHOWN]
    legal_name: Annotated[Name, LEGAL_NAME]
    trade_name: Annotated[Name | None, TRADE_NAME] = None
    head_office_address: Annotated[Address, HEAD_OFFICE_ADDRESS]
    keeps_accounting: bool = False
    special_taxpayer_number: Annotated[SpecialTaxpayer | None, SPECIAL_TAXPAYER_NUMBER] = None
    withholding_agent_number: Annotated[WithholdingAgent | None, WITHHOLDING_AGENT_NUMBER] = None
    rimpe: Annotated[Rimpe | None, RIMPE_REGIME] = None
    large_taxpayer_resolution: Annotated[str, Text(50)] | None = None
    provider_ruc: Annotated[ProviderRuc | None, PROVIDER_RUC] = None
    consumidor_final_limit: Annotated[Price, CONSUMIDOR_FINAL_LIMIT] = Field(
        default_factory=lambda: load_settings().consumidor_final_limit
    )
    transmission_enabled: bool = True
    renumbers_automatically: bool = False
    establishments: Annotated[
        list[EstablishmentIn],
        Field(min_length=1, max_length=MAX_ESTABLISHMENTS),
        AfterValidator(_different_establishments),
    ] = []


SettingsPatch = partial(SettingsIn, "SettingsPatch")
SETTINGS_VERSION = Versioned("settings", tuple(SettingsIn.model_fields))


class EstablishmentOut(Out):
    """Un establecimiento del RUC, con los puntos desde los que factura."""

    establishment: Annotated[str, ESTABLISHMENT]
    address: Annotated[str, ADDRESS]
    emission_points: Annotated[list[str], EMISSION_POINTS]


class SettingsOut(Out):
    """Los datos del emisor; `stopped_reason` dice por qué el SRI no admite sus comprobantes, si es así."""

    environment: Environment
    ruc: Annotated[str, ISSUER_RUC_SHOWN]
    legal_name: Annotated[str, LEGAL_NAME]
    trade_name: Annotated[str | None, TRADE_NAME]
    head_office_address: Annotated[str, HEAD_OFFICE_ADDRESS]
    keeps_accounting: bool
    special_taxpayer_number: Annotated[str | None, SPECIAL_TAXPAYER_NUMBER]
    withholding_agent_number: Annotated[str | None, WITHHOLDING_AGENT_NUMBER]
    rimpe: Annotated[Rimpe | None, RIMPE_REGIME]
    large_taxpayer_resolution: str | None
    provider_ruc: Annotated[str | None, PROVIDER_RUC]
    consumidor_final_limit: Annotated[Number, CONSUMIDOR_FINAL_LIMIT]
    transmission_enabled: bool
    stopped_reason: Annotated[str | None, Says(example=None)]
    renumbers_automatically: bool
    establishments: list[EstablishmentOut]
    created_at: CreatedAt
    updated_at: datetime
    updated_by: int
    updated_by_name: UpdatedByName


class CertificateIn(In):
    """El archivo .p12 o .pfx en base64 y su contraseña, que no se guarda."""

    file_base64: Annotated[Base64, FILE_BASE64] = Field(repr=False)
    password: Annotated[
        str,
        StringConstraints(max_length=256),
        Says(example="una-frase-larga-2026"),
    ] = Field(repr=False)


class LogoIn(In):
    """El logotipo del RIDE: una imagen PNG o JPEG en base64."""

    file_base64: Annotated[ImageBase64, FILE_BASE64] = Field(repr=False)


class CertificateOut(Out):
    """Lo que se sabe del certificado con que se firma; nunca su clave."""

    certificate_id: int
    subject: Annotated[str, Says(example="ROSA VERA")]
    issuer: Annotated[str, Says(example="AUTORIDAD DE CERTIFICACION SUBCA-1")]
    serial_number: Annotated[str, Says(example="1234567890")]
    rucs: Annotated[list[str], Says(example=["1790011674001"])]
    valid_from: datetime
    valid_to: datetime
    days_left: Annotated[int, Says("Días que le quedan; negativo si ya venció.", example=412)]
    fingerprint: Annotated[
        str,
        Says(example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ]
    uploaded_at: datetime
    uploaded_by: int
    uploaded_by_name: Annotated[str, Says(example="Rosa Vera")]
    warnings: Annotated[list[str], Says(example=[])]


class SequenceIn(In):
    """El último número que ya se usó en una serie, en el sistema anterior."""

    doc_code: DocCode
    establishment: Annotated[ThreeDigits, ESTABLISHMENT]
    emission_point: Annotated[ThreeDigits, EMISSION_POINT]
    environment: Environment
    last_number: Annotated[int, Field(ge=1, le=MAX_LAST_NUMBER), LAST_NUMBER]


class SequenceOut(Out):
    """Por dónde va la numeración de una serie; `is_registered`, si se factura con ella."""

    doc_code: DocCode
    establishment: Annotated[str, ESTABLISHMENT]
    emission_point: Annotated[str, EMISSION_POINT]
    environment: Environment
    last_number: Annotated[int, LAST_NUMBER]
    is_registered: bool


class ProblemOut(Out):
    """Algo que falta o conviene saber; `blocking`, si impide que haya comprobantes autorizados."""

    code: Annotated[str, Says(example="certificado_por_vencer")]
    message: Annotated[str, Says(example="El certificado de firma vence en 12 días: renuévelo.")]
    blocking: Annotated[bool, Says(example=False)]


class PreflightOut(Out):
    """Si ya se puede emitir, en qué ambiente y todo lo que falta."""

    ready: bool
    environment: Environment | None
    problems: list[ProblemOut]
