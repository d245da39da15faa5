"""El índice de palabras de los pacientes: con él, buscar una palabra no depende de cuántos pacientes haya.

Lo llevan los disparadores de `guards.search`.
"""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import Base


class PatientWord(Base):
    """Una palabra del nombre de un paciente, en el orden de la lista."""

    __tablename__ = "patient_words"
    __table_args__ = ({"comment": "Palabras de los nombres de los pacientes; las llevan los disparadores."},)

    word: Mapped[str] = mapped_column(primary_key=True, comment="Sin tildes ni mayúsculas.")
    created_at: Mapped[datetime] = mapped_column(primary_key=True, comment="Cuándo se registró el paciente.")
    patient_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Paciente que la lleva en su nombre."
    )


class PatientVocabulary(Base):
    """Las palabras distintas: muchas menos que pacientes."""

    __tablename__ = "patient_vocabulary"
    __table_args__ = (
        Index("ix_patient_vocabulary_search", text("word gin_trgm_ops"), postgresql_using="gin"),
        {"comment": "Palabras que alguna vez llevó el nombre de un paciente."},
    )

    word: Mapped[str] = mapped_column(primary_key=True, comment="Sin tildes ni mayúsculas.")
