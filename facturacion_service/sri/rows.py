"""Las filas de la facturación electrónica: quien emite, los comprobantes y lo que espera en sus colas."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from facturacion_service.ledger.rows import SummaryRow, TaxRow
from facturacion_service.sri.xml.documents import DocCode, DocumentStatus, Environment


class EstablishmentRow(TypedDict):
    """Un establecimiento del emisor."""

    establishment: str
    address: str
    emission_points: list[str]


class SettingsRow(TypedDict):
    """Los datos del emisor."""

    environment: Environment
    ruc: str
    legal_name: str
    trade_name: str | None
    head_office_address: str
    keeps_accounting: bool
    special_taxpayer_number: str | None
    withholding_agent_number: str | None
    rimpe: str | None
    large_taxpayer_resolution: str | None
    provider_ruc: str | None
    consumidor_final_limit: Decimal
    transmission_enabled: bool
    stopped_reason: str | None
    renumbers_automatically: bool
    created_at: datetime
    updated_at: datetime
    updated_by: int
    updated_by_name: str


class ShownSettings(SettingsRow):
    """Los datos del emisor con sus establecimientos."""

    establishments: list[EstablishmentRow]


class CertificateRow(TypedDict):
    """El certificado de firma; en `sealed` van cifrados él y su clave."""

    certificate_id: int
    sealed: bytes
    subject: str
    issuer: str
    serial_number: str
    rucs: list[str]
    valid_from: datetime
    valid_to: datetime
    fingerprint: str
    uploaded_at: datetime
    uploaded_by: int
    uploaded_by_name: str


class CounterRow(TypedDict):
    """Por dónde va la numeración de una serie."""

    doc_code: DocCode
    establishment: str
    emission_point: str
    environment: Environment
    last_number: int


class SequenceRow(CounterRow):
    """Un contador y si aún se factura con su serie."""

    is_registered: bool


class DocumentRow(SummaryRow):
    """Un comprobante y en qué va su autorización."""

    doc_code: DocCode
    invoice_id: int
    credit_note_id: int | None
    document_number: str
    issue_date: date


class AnswerRow(TypedDict):
    """Lo que el SRI contestó, tal como llegó."""

    operation: str
    asked_at: datetime
    answered_at: datetime
    http_status: int | None
    outcome: str
    raw: bytes


class FileRow(TypedDict):
    """El XML de un comprobante y lo que hace falta para imprimirlo."""

    access_key: str
    environment: Environment
    status: DocumentStatus
    voided_at: datetime | None
    authorization_number: str | None
    authorized_at: datetime | None
    signed_xml: bytes | None
    unsigned_xml: bytes


class CreditNoteTaxRow(TaxRow):
    """El IVA de una tarifa y su nota de crédito."""

    credit_note_id: int


class IssuedRow(TypedDict):
    """De qué fecha es un comprobante y cuántos de lo mismo se dieron ya de baja."""

    issue_date: date
    voided: int


class InvoiceDocumentRow(TypedDict):
    """En qué va un comprobante de una factura, y si es el vigente."""

    status: DocumentStatus
    is_live: bool


class WaitingRow(TypedDict):
    """Cuántos comprobantes esperan en un estado, y desde cuándo el más antiguo."""

    status: DocumentStatus
    many: int
    oldest: datetime
