"""Lo que el servicio de facturación acepta y devuelve: quien compra, la serie y los datos adicionales."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from common.validators import CONSUMIDOR_FINAL, DOCUMENT_RULES
from common.web.field_texts import Code, Email, Line, Text, published
from common.web.schemas import In, Out
from facturacion_service.sri.codes import BUYER_ID_CODES

BuyerIdType = Literal["RUC", "CEDULA", "PASAPORTE", "CONSUMIDOR_FINAL", "EXTERIOR"]

_BUYER_ID_TYPES = {code: id_type for id_type, code in BUYER_ID_CODES.items()}

# De los quince que admite el SRI, el sistema usa hasta tres (correo, RUC Proveedor y gran contribuyente).
MAX_ADDITIONAL_INFO = 12


def _from_sri_code(value: Any) -> Any:
    return _BUYER_ID_TYPES.get(value, value) if isinstance(value, str) else value


class BuyerIn(In):
    """Quien recibe la factura; el tipo también se admite como código del SRI (04 a 08)."""

    id_type: Annotated[BuyerIdType, BeforeValidator(_from_sri_code)]
    id_number: Annotated[Code, Field(validate_default=True)] = CONSUMIDOR_FINAL
    name: Line = "CONSUMIDOR FINAL"
    email: Email | None = None
    address: Line | None = None

    @field_validator("id_number")
    @classmethod
    def check_number(cls, value: str, info: ValidationInfo) -> str:
        """Comprueba el número según su tipo.

        :raises ValueError: la frase dice cuál regla no cumple.
        """
        kind = info.data.get("id_type")
        if kind and (kind == "CONSUMIDOR_FINAL") != (re.sub(r"\W", "", value) == CONSUMIDOR_FINAL):
            raise ValueError(f"{CONSUMIDOR_FINAL} es el número de consumidor final y de nadie más")
        if kind in DOCUMENT_RULES:
            return DOCUMENT_RULES[kind](value)
        if kind == "EXTERIOR" and not (value.isascii() and len(value) <= 20):
            raise ValueError("admite hasta 20 letras, dígitos o signos, sin tildes")
        return CONSUMIDOR_FINAL if kind == "CONSUMIDOR_FINAL" else value


class BuyerOut(Out):
    """Quien recibe la factura."""

    id_type: BuyerIdType
    id_number: str
    name: str
    email: str | None
    address: str | None


class AdditionalFieldIn(In):
    """Un dato adicional del comprobante: su nombre y su texto."""

    name: Annotated[str, Text(50)]
    value: Annotated[str, Text(300)]


class AdditionalFieldOut(Out):
    """Un dato adicional del comprobante."""

    name: str
    value: str


AdditionalInfo = Annotated[list[AdditionalFieldIn], Field(max_length=MAX_ADDITIONAL_INFO)]


def _series(value: str) -> str:
    if not re.fullmatch(r"[0-9]{3}-[0-9]{3}", value) or "000" in value.split("-"):
        raise ValueError("se escribe con el establecimiento y el punto de emisión, como 001-002")
    return value


SeriesText = Annotated[
    str, AfterValidator(_series), published(r"^(?!000)[0-9]{3}-(?!000)[0-9]{3}$"), Field(max_length=7)
]
