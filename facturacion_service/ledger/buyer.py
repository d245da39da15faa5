"""Lo que el servicio de facturación acepta y devuelve: quien compra, la serie y los datos adicionales."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from common.errors import Invalid
from common.validators import CONSUMIDOR_FINAL, DOCUMENT_RULES
from common.web.clinic_fields import ADDRESS, EMAIL
from common.web.field_texts import Code, Email, Line, Text, published
from common.web.field_words import Says
from common.web.schemas import In, Out
from facturacion_service.ledger.locked import LockedInvoice
from facturacion_service.sri.xml.codes import BUYER_ID_CODES

# Lo que dicen estos campos, entren o salgan.
BUYER_NAME = Says(example="Ana Pérez")
ID_NUMBER = Says(example="1710034065")


BuyerIdType = Annotated[
    Literal["RUC", "CEDULA", "PASAPORTE", "CONSUMIDOR_FINAL", "EXTERIOR"], Says(example="CEDULA")
]

_BUYER_ID_TYPES = {code: id_type for id_type, code in BUYER_ID_CODES.items()}

# De los quince que admite el SRI, el sistema usa hasta tres (correo, RUC Proveedor y gran contribuyente).
MAX_ADDITIONAL_INFO = 12


def _from_sri_code(value: Any) -> Any:
    return _BUYER_ID_TYPES.get(value, value) if isinstance(value, str) else value


class BuyerIn(In):
    """Quien recibe la factura; el tipo también se admite como código del SRI (04 a 08)."""

    id_type: Annotated[BuyerIdType, BeforeValidator(_from_sri_code)]
    id_number: Annotated[Code, Field(validate_default=True), ID_NUMBER] = CONSUMIDOR_FINAL
    name: Annotated[Line, BUYER_NAME] = "CONSUMIDOR FINAL"
    email: Annotated[Email | None, EMAIL] = None
    address: Annotated[Line | None, ADDRESS] = None

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
    id_number: Annotated[str, ID_NUMBER]
    name: Annotated[str, BUYER_NAME]
    email: Annotated[str | None, EMAIL]
    address: Annotated[str | None, ADDRESS]


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


def buyer_columns(buyer: Mapping[str, Any]) -> dict[str, Any]:
    """Los datos de quien compra, con los nombres de las columnas en que se copian."""
    return {f"buyer_{key}": value for key, value in buyer.items()}


def check_consumidor_final(invoice: LockedInvoice, limit: Decimal) -> None:
    """Por encima del límite se necesitan los datos del comprador (ficha técnica SRI 2.34, 9.10).

    :param limit: máximo con IVA, en dólares.
    :raises Invalid: `consumidor_final_limite`.
    """
    if invoice.buyer_id_type == "CONSUMIDOR_FINAL" and invoice.total_amount > limit:
        raise Invalid(
            f"Una factura a consumidor final no puede pasar de USD {limit}.",
            code="consumidor_final_limite",
            errors={"buyer": f"por encima de USD {limit} se necesitan los datos del comprador"},
        )
