"""Lo que dice un comprobante, antes de ser XML: el emisor, el comprador, las líneas y los totales.

Todos los montos son `Decimal` en dólares y sin IVA, salvo donde se diga; las tarifas, en por ciento.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from common.rules.money import Tax

Environment = Literal["PRUEBAS", "PRODUCCION"]
DocCode = Literal["01", "04"]
# En qué va un comprobante, de que nace a la respuesta del SRI.
DocumentStatus = Literal[
    "PENDIENTE", "FIRMADO", "ENVIADO", "RECIBIDO", "AUTORIZADO", "NO_AUTORIZADO", "DEVUELTO"
]

FACTURA = "01"  # tabla 3
NOTA_DE_CREDITO = "04"


@dataclass(frozen=True)
class Series:
    """El establecimiento y el punto de emisión, tres dígitos cada uno: 001 y 002 en «001-002»."""

    establishment: str
    emission_point: str

    def __str__(self) -> str:
        """Como se escribe: 001-002."""
        return f"{self.establishment}-{self.emission_point}"

    def number(self, sequential: int) -> str:
        """El número legal de un documento de la serie: 001-002-000000123."""
        return f"{self}-{sequential:09d}"


@dataclass(frozen=True)
class Issuer:
    """Quien emite. `None` es lo que no le corresponde y no va en el documento.

    :param ruc: 13 dígitos, terminado en 001.
    :param special_taxpayer_number: resolución de contribuyente especial, 3 a 13 letras o dígitos.
    :param withholding_agent_number: resolución de agente de retención, hasta 8 dígitos sin ceros delante.
    :param rimpe_legend: la leyenda del régimen RIMPE, tal como va en el XML.
    :param large_taxpayer_resolution: resolución que lo nombra gran contribuyente (anexo 24).
    :param provider_ruc: RUC de quien provee el sistema (resolución NAC-DGERCGC26-00000027, anexo 26).
    """

    ruc: str
    legal_name: str
    head_office_address: str
    establishment_address: str
    keeps_accounting: bool
    trade_name: str | None = None
    special_taxpayer_number: str | None = None
    withholding_agent_number: str | None = None
    rimpe_legend: str | None = None
    large_taxpayer_resolution: str | None = None
    provider_ruc: str | None = None


@dataclass(frozen=True)
class Buyer:
    """Quien compra; `id_type` es uno de `BUYER_ID_TYPES` de las tablas (RUC, CEDULA, PASAPORTE…)."""

    id_type: str
    id_number: str
    name: str
    address: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Line:
    """Una línea: `subtotal` = cantidad × precio, al centavo, menos el descuento.

    :param code: código del producto o servicio, hasta 25 caracteres.
    """

    code: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    subtotal: Decimal
    iva_rate: int


@dataclass(frozen=True)
class Heading:
    """Lo que identifica a un documento. La clave de acceso se sortea una vez y no cambia."""

    environment: Environment
    access_key: str
    series: Series
    sequential: int
    issue_date: date


@dataclass(frozen=True)
class InvoiceDocument:
    """Una factura.

    :param payment_method: uno de `PAYMENT_METHODS` de las tablas (EFECTIVO, TARJETA_DEBITO…).
    :param additional_info: pares nombre y texto que eligió la clínica.
    """

    heading: Heading
    issuer: Issuer
    buyer: Buyer
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    subtotal: Decimal
    discount: Decimal
    total_amount: Decimal
    payment_method: str
    additional_info: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CreditNoteDocument:
    """Una nota de crédito sobre una factura; los códigos de IVA son los de la fecha de la factura.

    :param total_amount: con IVA; el «valorModificacion».
    """

    heading: Heading
    issuer: Issuer
    buyer: Buyer
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    subtotal: Decimal
    total_amount: Decimal
    reason: str
    modified_number: str
    modified_date: date
    additional_info: tuple[tuple[str, str], ...] = ()


Document = InvoiceDocument | CreditNoteDocument
