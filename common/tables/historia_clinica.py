"""Tablas del servicio de historia clínica: pacientes, antecedentes y notas."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from common.tables.base import Base, created_at, key, one_of, updated_at

GENDERS = ("MASCULINO", "FEMENINO", "OTRO")
BLOOD_TYPES = ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")
_DOC_SHAPE = (
    "(doc_type = 'CEDULA' AND doc_number ~ '^[0-9]{10}$')"
    " OR (doc_type = 'RUC' AND doc_number ~ '^[0-9]{13}$')"
    " OR (doc_type = 'PASAPORTE' AND doc_number ~ '^[A-Z0-9-]{3,20}$')"
)


class Patient(Base):
    """Las personas que la clínica atiende."""

    __tablename__ = "patients"
    __table_args__ = (
        UniqueConstraint("doc_number"),
        CheckConstraint(_DOC_SHAPE, name="document"),
        CheckConstraint("doc_number <> '9999999999999'", name="not_consumidor_final"),
        CheckConstraint("first_name <> '' AND last_name <> ''", name="names_not_empty"),
        CheckConstraint(one_of("gender", *GENDERS), name="gender"),
        Index(
            "ix_patients_search",
            text("search_text(full_name) gin_trgm_ops"),
            postgresql_using="gin",
        ),
        Index("ix_patients_name_words", text("name_words(full_name)"), postgresql_using="gin"),
        Index(
            "ix_patients_doc_number_prefix",
            "doc_number",
            postgresql_ops={"doc_number": "text_pattern_ops"},
        ),
        Index("ix_patients_created_at", "created_at", "patient_id"),
        {"comment": "Pacientes: las personas que la clínica atiende."},
    )

    patient_id: Mapped[int] = key("Número del paciente.")
    doc_type: Mapped[str] = mapped_column(comment="CEDULA, RUC o PASAPORTE.")
    doc_number: Mapped[str] = mapped_column(comment="Número de documento, único.")
    first_name: Mapped[str] = mapped_column(comment="Nombres.")
    last_name: Mapped[str] = mapped_column(comment="Apellidos.")
    full_name: Mapped[str] = mapped_column(
        Computed("first_name || ' ' || last_name", persisted=True),
        comment="Nombres y apellidos.",
    )
    email: Mapped[str | None] = mapped_column(comment="Correo.")
    phone: Mapped[str | None] = mapped_column(comment="Teléfono.")
    address: Mapped[str | None] = mapped_column(comment="Dirección.")
    birth_date: Mapped[date | None] = mapped_column(comment="Fecha de nacimiento.")
    gender: Mapped[str | None] = mapped_column(comment="MASCULINO, FEMENINO u OTRO.")
    emergency_contact_name: Mapped[str | None] = mapped_column(comment="A quién llamar.")
    emergency_contact_phone: Mapped[str | None] = mapped_column(comment="Teléfono de esa persona.")
    occupation: Mapped[str | None] = mapped_column(comment="Ocupación.")
    is_active: Mapped[bool] = mapped_column(server_default="true", comment="Si se puede atender.")
    created_at: Mapped[datetime] = created_at()
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("users.user_id"), comment="Usuario que lo registró."
    )
    updated_at: Mapped[datetime] = updated_at()


class MedicalHistory(Base):
    """Antecedentes del paciente: una fila por paciente."""

    __tablename__ = "medical_history"
    __table_args__ = (
        UniqueConstraint("patient_id"),
        CheckConstraint(one_of("blood_type", *BLOOD_TYPES), name="blood_type"),
        {"comment": "Antecedentes médicos: una fila por paciente."},
    )

    history_id: Mapped[int] = key("Número del registro.")
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.patient_id"), comment="De quién son.")
    allergies: Mapped[str | None] = mapped_column(comment="Alergias.")
    pathologies: Mapped[str | None] = mapped_column(comment="Antecedentes patológicos.")
    surgeries: Mapped[str | None] = mapped_column(comment="Cirugías.")
    family_history: Mapped[str | None] = mapped_column(comment="Antecedentes familiares.")
    medications: Mapped[str | None] = mapped_column(comment="Medicación habitual.")
    habits: Mapped[str | None] = mapped_column(comment="Hábitos.")
    blood_type: Mapped[str | None] = mapped_column(comment="Grupo sanguíneo y factor Rh.")
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()
    updated_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Usuario del último cambio.")


class NoteContent:
    """Lo que dice una nota; lo comparten la nota vigente y sus versiones anteriores."""

    @declared_attr
    def observations(cls) -> Mapped[str]:
        """Lo observado por el profesional."""
        return mapped_column(comment="Observaciones del profesional.")

    @declared_attr
    def diagnosis(cls) -> Mapped[str | None]:
        """Diagnóstico redactado."""
        return mapped_column(comment="Diagnóstico redactado.")

    @declared_attr
    def diagnoses(cls) -> Mapped[list[dict[str, Any]]]:
        """Diagnósticos CIE-10."""
        return mapped_column(
            JSONB, server_default="[]", comment="Diagnósticos CIE-10: código, descripción y tipo."
        )

    @declared_attr
    def plan(cls) -> Mapped[str | None]:
        """Plan de tratamiento."""
        return mapped_column(comment="Plan de tratamiento.")

    @declared_attr
    def vital_signs(cls) -> Mapped[dict[str, Any] | None]:
        """Signos vitales."""
        return mapped_column(
            JSONB(none_as_null=True),
            comment="Signos vitales y medidas, con su unidad en el nombre.",
        )


class ClinicalNote(NoteContent, Base):
    """La nota de una atención, en su versión vigente."""

    __tablename__ = "clinical_notes"
    __table_args__ = (
        # La nota es del mismo paciente que la cita: la pareja tiene que existir en la agenda.
        ForeignKeyConstraint(
            ["appointment_id", "patient_id"],
            ["appointments.appointment_id", "appointments.patient_id"],
            name="fk_clinical_notes_appointment_patient",
        ),
        CheckConstraint("observations <> ''", name="observations_not_empty"),
        CheckConstraint("version >= 1", name="version_positive"),
        Index("ix_clinical_notes_patient", "patient_id", "created_at"),
        Index("ix_clinical_notes_appointment", "appointment_id"),
        {"comment": "Notas clínicas, en su versión vigente."},
    )

    note_id: Mapped[int] = key("Número de la nota.")
    appointment_id: Mapped[int] = mapped_column(comment="Cita que se atendió.")
    patient_id: Mapped[int] = mapped_column(comment="Paciente de esa cita.")
    author_id: Mapped[int] = mapped_column(
        ForeignKey("users.user_id"), comment="Quien la escribió; el único que puede editarla."
    )
    version: Mapped[int] = mapped_column(server_default="1", comment="Número de la versión vigente.")
    created_at: Mapped[datetime] = created_at()
    updated_at: Mapped[datetime] = updated_at()


class ClinicalNoteVersion(NoteContent, Base):
    """Las versiones anteriores de una nota, que no se borran ni se corrigen."""

    __tablename__ = "clinical_note_versions"
    __table_args__ = (
        UniqueConstraint("note_id", "version"),
        {"comment": "Versiones anteriores de las notas: solo se agregan."},
    )

    version_id: Mapped[int] = key("Número de la fila.")
    note_id: Mapped[int] = mapped_column(ForeignKey("clinical_notes.note_id"), comment="Nota.")
    version: Mapped[int] = mapped_column(comment="Número de esta versión, desde 1.")
    author_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), comment="Quien la escribió.")
    created_at: Mapped[datetime] = created_at("Instante en que se escribió esta versión.")
