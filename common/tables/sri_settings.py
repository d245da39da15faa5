"""Las tablas de quién emite: datos, logotipo, establecimientos, certificado y numeración de pruebas."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import MONEY, Base, created_at, key, one_of, updated_at

ENVIRONMENTS = ("PRUEBAS", "PRODUCCION")


RIMPE_KINDS = ("RIMPE", "NEGOCIO_POPULAR")


DOC_CODES = ("01", "04")


class SriSettings(Base):
    """Los datos del emisor: una sola fila. Sin ella, la clínica factura sin documentos electrónicos."""

    __tablename__ = "sri_settings"
    __table_args__ = (
        CheckConstraint("settings_id = 1", name="single_row"),
        CheckConstraint(one_of("environment", *ENVIRONMENTS), name="environment"),
        CheckConstraint(one_of("rimpe", *RIMPE_KINDS), name="rimpe"),
        CheckConstraint("ruc ~ '^[0-9]{10}001$'", name="ruc_shape"),
        CheckConstraint("provider_ruc ~ '^[0-9]{13}$'", name="provider_ruc_shape"),
        CheckConstraint("special_taxpayer_number ~ '^[0-9A-Za-z]{3,13}$'", name="special_taxpayer_shape"),
        CheckConstraint("withholding_agent_number ~ '^[1-9][0-9]{0,7}$'", name="withholding_agent_shape"),
        CheckConstraint(
            "legal_name <> '' AND head_office_address <> '' AND large_taxpayer_resolution <> ''",
            name="texts_not_empty",
        ),
        CheckConstraint("consumidor_final_limit >= 0", name="limit_not_negative"),
        {"comment": "Datos del emisor de comprobantes electrónicos; a lo sumo una fila."},
    )

    settings_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Siempre 1: hay un solo emisor."
    )
    environment: Mapped[str] = mapped_column(comment="PRUEBAS o PRODUCCION.")
    ruc: Mapped[str] = mapped_column(comment="RUC del emisor.")
    legal_name: Mapped[str] = mapped_column(comment="Razón social.")
    trade_name: Mapped[str | None] = mapped_column(comment="Nombre comercial.")
    head_office_address: Mapped[str] = mapped_column(comment="Dirección de la matriz.")
    keeps_accounting: Mapped[bool] = mapped_column(comment="Obligado a llevar contabilidad.")
    special_taxpayer_number: Mapped[str | None] = mapped_column(
        comment="Resolución de contribuyente especial."
    )
    withholding_agent_number: Mapped[str | None] = mapped_column(
        comment="Resolución de agente de retención, sin ceros delante."
    )
    rimpe: Mapped[str | None] = mapped_column(comment="RIMPE o NEGOCIO_POPULAR, si está en ese régimen.")
    large_taxpayer_resolution: Mapped[str | None] = mapped_column(
        comment="Resolución de gran contribuyente, si lo es."
    )
    provider_ruc: Mapped[str | None] = mapped_column(
        comment="RUC de quien provee el sistema (NAC-DGERCGC26-00000027)."
    )
    consumidor_final_limit: Mapped[Decimal] = mapped_column(
        MONEY, comment="Máximo con IVA de una factura a consumidor final, en dólares."
    )
    transmission_enabled: Mapped[bool] = mapped_column(comment="Si los comprobantes se envían al SRI.")
    stopped_reason: Mapped[str | None] = mapped_column(
        comment="Por qué el SRI no admite más comprobantes de este emisor, hasta que alguien lo resuelva."
    )
    renumbers_automatically: Mapped[bool] = mapped_column(
        comment="Si un comprobante con número repetido o fuera de fecha toma solo el número siguiente."
    )
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()
    updated_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quien lo cambió.")


class SriLogo(Base):
    """El logotipo del emisor, para el RIDE: una sola fila."""

    __tablename__ = "sri_logo"
    __table_args__ = (
        CheckConstraint("logo_id = 1", name="single_row"),
        CheckConstraint("octet_length(image) > 0", name="image_not_empty"),
        {"comment": "Logotipo que va en el RIDE; a lo sumo una fila."},
    )

    logo_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Siempre 1.")
    image: Mapped[bytes] = mapped_column(LargeBinary, comment="La imagen PNG.")
    updated_at: Mapped[datetime] = updated_at()
    updated_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quien lo puso.")


class SriEstablishment(Base):
    """Un establecimiento del emisor con sus puntos de emisión."""

    __tablename__ = "sri_establishments"
    __table_args__ = (
        CheckConstraint("establishment ~ '^[0-9]{3}$' AND establishment <> '000'", name="establishment"),
        CheckConstraint("address <> ''", name="address_not_empty"),
        CheckConstraint("cardinality(emission_points) > 0", name="has_emission_points"),
        {"comment": "Establecimientos del emisor y sus puntos de emisión."},
    )

    establishment: Mapped[str] = mapped_column(primary_key=True, comment="Tres dígitos.")
    address: Mapped[str] = mapped_column(comment="Dirección del establecimiento.")
    emission_points: Mapped[list[str]] = mapped_column(
        ARRAY(Text()), comment="Sus puntos de emisión, tres dígitos cada uno."
    )


class SriCertificate(Base):
    """Un certificado de firma, cifrado; el vigente es el último que se subió."""

    __tablename__ = "sri_certificates"
    __table_args__ = (
        Index(
            "uq_sri_certificates_current",
            "is_current",
            unique=True,
            postgresql_where=text("is_current"),
        ),
        CheckConstraint("valid_to > valid_from", name="validity"),
        {"comment": "Certificados de firma electrónica, cifrados con una clave que no está en la base."},
    )

    certificate_id: Mapped[int] = key("Número interno.")
    sealed: Mapped[bytes] = mapped_column(
        LargeBinary, comment="Clave privada y certificado, cifrados con AES-GCM."
    )
    fingerprint: Mapped[str] = mapped_column(comment="Resumen SHA-256 del certificado.")
    subject: Mapped[str] = mapped_column(comment="A nombre de quién está.")
    issuer: Mapped[str] = mapped_column(comment="Entidad que lo emitió.")
    serial_number: Mapped[str] = mapped_column(comment="Número de serie, en decimal.")
    rucs: Mapped[list[str]] = mapped_column(ARRAY(Text()), comment="Los RUC que nombra.")
    valid_from: Mapped[datetime] = mapped_column(comment="Desde cuándo vale.")
    valid_to: Mapped[datetime] = mapped_column(comment="Hasta cuándo vale.")
    is_current: Mapped[bool] = mapped_column(comment="Si es con el que se firma.")
    uploaded_at: Mapped[datetime] = created_at("Instante en que se subió.")
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quien lo subió.")


class TrialSequence(Base):
    """El contador de números del ambiente de pruebas, que no gasta los de verdad."""

    __tablename__ = "sri_test_sequences"
    __table_args__ = (
        CheckConstraint("last_number BETWEEN 0 AND 999999999", name="last_number"),
        CheckConstraint("establishment ~ '^[0-9]{3}$' AND emission_point ~ '^[0-9]{3}$'", name="series"),
        {"comment": "Último número usado en pruebas por documento, establecimiento y punto de emisión."},
    )

    doc_code: Mapped[str] = mapped_column(primary_key=True, comment="Código SRI: 01 factura, 04 nota.")
    establishment: Mapped[str] = mapped_column(primary_key=True, comment="Establecimiento.")
    emission_point: Mapped[str] = mapped_column(primary_key=True, comment="Punto de emisión.")
    last_number: Mapped[int] = mapped_column(server_default="0", comment="Último número usado.")
