"""Tablas de la facturación electrónica: el emisor, su certificado, los comprobantes y su envío al SRI."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import Base, created_at, key, one_of, updated_at
from common.tables.sri_settings import DOC_CODES, ENVIRONMENTS

DOCUMENT_STATUSES = (
    "PENDIENTE",
    "FIRMADO",
    "ENVIADO",
    "RECIBIDO",
    "AUTORIZADO",
    "NO_AUTORIZADO",
    "DEVUELTO",
)
DELIVERY_STATUSES = ("PENDIENTE", "ENVIADO", "OMITIDO", "FALLIDO")


class SriDocument(Base):
    """Un comprobante electrónico y en qué va su envío: la cola de salida hacia el SRI.

    Nace en la transacción que toma el número. Si ese número ya no sirve (`voided_at`), queda como no
    utilizado y no se envía más; la factura puede tener entonces otro comprobante.
    """

    __tablename__ = "sri_documents"
    __table_args__ = (
        UniqueConstraint("access_key"),
        UniqueConstraint("environment", "doc_code", "document_number", "ruc"),
        CheckConstraint(one_of("doc_code", *DOC_CODES), name="doc_code"),
        CheckConstraint("(doc_code = '04') = (credit_note_id IS NOT NULL)", name="one_origin"),
        CheckConstraint(one_of("environment", *ENVIRONMENTS), name="environment"),
        CheckConstraint(one_of("status", *DOCUMENT_STATUSES), name="status"),
        CheckConstraint("access_key ~ '^[0-9]{49}$'", name="access_key_shape"),
        CheckConstraint("status = 'PENDIENTE' OR signed_xml IS NOT NULL", name="signed_before_sending"),
        CheckConstraint(
            "(status = 'AUTORIZADO') = (authorization_number IS NOT NULL)"
            " AND (authorization_number IS NULL OR authorization_number = access_key)"
            " AND (status <> 'AUTORIZADO' OR authorized_at IS NOT NULL)"
            " AND (status = 'AUTORIZADO' OR authorized_xml IS NULL)",
            name="authorized",
        ),
        CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name="lease"),
        Index(
            "uq_sri_documents_live_invoice",
            "invoice_id",
            unique=True,
            postgresql_where=text("doc_code = '01' AND voided_at IS NULL"),
        ),
        Index(
            "uq_sri_documents_live_credit_note",
            "credit_note_id",
            unique=True,
            postgresql_where=text("credit_note_id IS NOT NULL AND voided_at IS NULL"),
        ),
        Index("ix_sri_documents_invoice", "invoice_id"),
        Index("ix_sri_documents_issue_date", "issue_date", "document_id"),
        Index(
            "ix_sri_documents_due",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index(
            "ix_sri_documents_attention",
            "document_id",
            postgresql_where=text("attention IS NOT NULL AND voided_at IS NULL"),
        ),
        {"comment": "Comprobantes electrónicos y su envío al SRI."},
    )

    document_id: Mapped[int] = key("Número interno.")
    doc_code: Mapped[str] = mapped_column(comment="Código SRI: 01 factura, 04 nota de crédito.")
    invoice_id: Mapped[int] = mapped_column(
        ForeignKey("invoices.invoice_id"), comment="Factura, o la que modifica la nota."
    )
    credit_note_id: Mapped[int | None] = mapped_column(
        ForeignKey("credit_notes.credit_note_id"), comment="Nota de crédito, si lo es."
    )
    environment: Mapped[str] = mapped_column(comment="PRUEBAS o PRODUCCION.")
    ruc: Mapped[str] = mapped_column(comment="RUC del emisor.")
    document_number: Mapped[str] = mapped_column(comment="Número legal 001-001-000000123.")
    issue_date: Mapped[date] = mapped_column(comment="Fecha de emisión, la de la clave de acceso.")
    access_key: Mapped[str] = mapped_column(comment="Clave de acceso: 49 dígitos, sorteada una sola vez.")
    status: Mapped[str] = mapped_column(
        server_default="PENDIENTE",
        comment="PENDIENTE, FIRMADO, ENVIADO, RECIBIDO, AUTORIZADO, NO_AUTORIZADO o DEVUELTO.",
    )
    unsigned_xml: Mapped[bytes] = mapped_column(LargeBinary, comment="El documento, antes de firmar.")
    signed_xml: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="Los bytes firmados, tal como se envían."
    )
    authorized_xml: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="Lo que el SRI dice haber autorizado, si no son los bytes de signed_xml."
    )
    certificate_id: Mapped[int | None] = mapped_column(
        ForeignKey("sri_certificates.certificate_id"), comment="Certificado con que se firmó."
    )
    authorization_number: Mapped[str | None] = mapped_column(
        comment="Número de autorización que dio el SRI; es la clave de acceso."
    )
    signed_at: Mapped[datetime | None] = mapped_column(comment="Instante de la firma.")
    sent_at: Mapped[datetime | None] = mapped_column(comment="Instante del último envío.")
    received_at: Mapped[datetime | None] = mapped_column(comment="Instante en que el SRI lo recibió.")
    authorized_at: Mapped[datetime | None] = mapped_column(comment="Instante de autorización, según el SRI.")
    messages: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default="[]", comment="Los mensajes de la última respuesta del SRI."
    )
    attention: Mapped[str | None] = mapped_column(comment="Qué tiene que hacer una persona, si algo.")
    attempts: Mapped[int] = mapped_column(
        server_default="0", comment="Intentos seguidos que no avanzaron; decide la espera."
    )
    next_attempt_at: Mapped[datetime | None] = mapped_column(
        comment="Cuándo toca el paso siguiente; vacío si no queda ninguno."
    )
    lease_owner: Mapped[str | None] = mapped_column(comment="Trabajador que lo tiene.")
    lease_until: Mapped[datetime | None] = mapped_column(comment="Hasta cuándo lo tiene.")
    voided_at: Mapped[datetime | None] = mapped_column(
        comment="Instante en que el número quedó sin utilizar o se anuló."
    )
    voided_reason: Mapped[str | None] = mapped_column(comment="Por qué.")
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()


class SriAnswer(Base):
    """Una conversación con el SRI, tal como llegó: solo se agrega."""

    __tablename__ = "sri_answers"
    __table_args__ = (
        CheckConstraint(one_of("operation", "RECEPCION", "AUTORIZACION"), name="operation"),
        Index("ix_sri_answers_document", "document_id", "answer_id"),
        {"comment": "Lo que el SRI contestó de cada comprobante, byte por byte: solo se agrega."},
    )

    answer_id: Mapped[int] = key("Número interno.", big=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("sri_documents.document_id"), comment="Comprobante.")
    operation: Mapped[str] = mapped_column(comment="RECEPCION o AUTORIZACION.")
    asked_at: Mapped[datetime] = mapped_column(comment="Instante de la pregunta.")
    answered_at: Mapped[datetime] = mapped_column(comment="Instante de la respuesta o del fallo.")
    http_status: Mapped[int | None] = mapped_column(comment="Código HTTP, si hubo respuesta.")
    outcome: Mapped[str] = mapped_column(comment="Lo que se entendió: el estado, o por qué no sirvió.")
    raw: Mapped[bytes] = mapped_column(LargeBinary, comment="La respuesta sin tocar; vacía si no hubo.")


class SriDelivery(Base):
    """Un correo con el comprobante autorizado: la cola de salida hacia el comprador."""

    __tablename__ = "sri_deliveries"
    __table_args__ = (
        CheckConstraint(one_of("status", *DELIVERY_STATUSES), name="status"),
        CheckConstraint("(status = 'ENVIADO') = (sent_at IS NOT NULL)", name="sent_at"),
        CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name="lease"),
        Index("ix_sri_deliveries_document", "document_id"),
        Index(
            "ix_sri_deliveries_due",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        {"comment": "Correos con los comprobantes autorizados."},
    )

    delivery_id: Mapped[int] = key("Número interno.")
    document_id: Mapped[int] = mapped_column(ForeignKey("sri_documents.document_id"), comment="Comprobante.")
    recipient: Mapped[str | None] = mapped_column(comment="A quién; vacío si el comprador no dio correo.")
    status: Mapped[str] = mapped_column(comment="PENDIENTE, ENVIADO, OMITIDO o FALLIDO.")
    detail: Mapped[str | None] = mapped_column(comment="Por qué se omitió o falló.")
    attempts: Mapped[int] = mapped_column(server_default="0", comment="Intentos hechos.")
    next_attempt_at: Mapped[datetime | None] = mapped_column(
        comment="Cuándo toca el intento siguiente; vacío si no queda ninguno."
    )
    lease_owner: Mapped[str | None] = mapped_column(comment="Trabajador que lo tiene.")
    lease_until: Mapped[datetime | None] = mapped_column(comment="Hasta cuándo lo tiene.")
    sent_at: Mapped[datetime | None] = mapped_column(comment="Instante en que el servidor lo aceptó.")
    created_at: Mapped[datetime] = created_at()
