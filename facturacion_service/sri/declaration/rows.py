"""Las filas de lo que se declara al SRI: el libro de ventas, los números y los comprobantes autorizados."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from common.web.schemas import Payload
from facturacion_service.sri.xml.documents import DocCode, Environment


class DocumentCounts(TypedDict):
    """Cuántas facturas y notas de crédito hubo."""

    invoice_count: int
    credit_note_count: int


class Figures(DocumentCounts):
    """Lo facturado, lo acreditado y lo neto, en dólares."""

    base: Decimal
    iva: Decimal
    credit_base: Decimal
    credit_iva: Decimal
    net_base: Decimal
    net_iva: Decimal


class RateFigures(Figures):
    """Lo de una tarifa de IVA."""

    iva_rate: int


class Declared(TypedDict):
    """Lo vendido y acreditado por tarifa, sus totales y las casillas del formulario 104."""

    rates: list[RateFigures]
    totals: Figures
    form_104: list[Payload]


class SalesByRate(Declared):
    """Lo declarado, con el período y la serie de que es."""

    period: Payload
    establishment: str | None
    emission_point: str | None


class SaleRow(TypedDict):
    """Una factura en el libro de ventas."""

    issue_date: date
    number: str
    access_key: str | None
    buyer_id_type: str
    buyer_id_number: str
    buyer_name: str
    base_0: Decimal
    base_15: Decimal
    iva_amount: Decimal
    total_amount: Decimal
    base_not_subject: Decimal
    base_exempt: Decimal
    status: str
    sri_status: str | None
    environment: Environment | None


class NoteRow(SaleRow):
    """Una nota de crédito en el libro de ventas, con la factura que modifica."""

    modified_number: str
    modified_date: date
    reason: str


class AuthorizedRow(TypedDict):
    """Un comprobante autorizado, con los bytes que se firmaron."""

    doc_code: DocCode
    environment: Environment
    access_key: str
    authorization_number: str
    authorized_at: datetime
    signed_xml: bytes
    is_annulled: bool


class NumberRow(TypedDict):
    """Un salto de números, o un número que no vale."""

    environment: Environment
    doc_code: DocCode
    series: str
    kind: str
    from_number: str
    to_number: str
    number_count: int
    issue_date: date | None
    access_key: str | None
    sri_status: str | None
    reason: str | None
    recorded_at: datetime | None


class SeriesRow(TypedDict):
    """Los números de un documento en una serie."""

    environment: Environment
    doc_code: DocCode
    series: str
    first_number: int | None
    last_number: int
    used_count: int
    unused_count: int
    annulled_count: int
    missing_count: int
