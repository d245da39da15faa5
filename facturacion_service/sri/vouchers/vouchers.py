"""Lo que dice un comprobante ya emitido, leído de su XML para imprimirlo o anunciarlo.

Los códigos son los de las tablas de la ficha técnica del SRI; los montos, `Decimal` en dólares, tal como
están escritos. `None` es lo que el comprobante no trae.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from facturacion_service.sri.xml.documents import Environment


@dataclass(frozen=True)
class ReadIssuer:
    """Quien emite, como lo dice el comprobante."""

    ruc: str
    legal_name: str
    trade_name: str | None
    head_office_address: str
    establishment_address: str | None
    special_taxpayer_number: str | None
    keeps_accounting: bool | None
    withholding_agent_number: str | None
    rimpe_legend: str | None


@dataclass(frozen=True)
class ReadBuyer:
    """Quien compra; `id_type` es el código de la tabla 6."""

    id_type: str
    id_number: str
    name: str
    address: str | None


@dataclass(frozen=True)
class ReadTax:
    """Un impuesto: códigos de las tablas 16 y 17; `rate` en por ciento."""

    code: str
    percentage_code: str
    rate: Decimal | None
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class ReadLine:
    """Una línea; `details` son los pares nombre y valor de `detallesAdicionales`."""

    main_code: str | None
    auxiliary_code: str | None
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    total: Decimal
    details: tuple[tuple[str, str], ...]
    taxes: tuple[ReadTax, ...]


@dataclass(frozen=True)
class ReadPayment:
    """Una forma de pago: `method` de la tabla 24; `term` en `time_unit` (días, meses)."""

    method: str
    total: Decimal
    term: Decimal | None
    time_unit: str | None


@dataclass(frozen=True)
class ModifiedDocument:
    """El comprobante que una nota de crédito modifica, y por qué."""

    code: str
    number: str
    issue_date: date
    reason: str


@dataclass(frozen=True)
class Voucher:
    """Un comprobante leído. `code` es el de la tabla 3; `total_discount`, el escrito o la suma de las líneas.

    `tip` es `None` donde no se escribe; `modified`, en lo que no es nota de crédito.
    """

    code: str
    environment: Environment
    access_key: str
    number: str
    issue_date: date
    issuer: ReadIssuer
    buyer: ReadBuyer
    delivery_note: str | None
    lines: tuple[ReadLine, ...]
    taxes: tuple[ReadTax, ...]
    subtotal: Decimal
    total_discount: Decimal
    tip: Decimal | None
    total: Decimal
    payments: tuple[ReadPayment, ...]
    modified: ModifiedDocument | None
    additional_info: tuple[tuple[str, str], ...]
