"""La base declarativa: nombres de restricciones, tipos y columnas que se repiten."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, DateTime, Identity, Integer, MetaData, Numeric, Table, Text, func
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

from common.utils import now

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

# Dinero al centavo y cantidades hasta la milésima: siempre decimales, nunca coma flotante.
MONEY = Numeric(14, 2)
QUANTITY = Numeric(14, 3)


class Base(DeclarativeBase):
    """La raíz de todas las tablas."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text()}


def table_of(entity: type[Base]) -> Table:
    """La tabla de una clase: para lo que se escribe sin objetos que la sesión tenga que seguir."""
    return cast(Table, entity.__table__)


def key(comment: str, *, big: bool = False) -> MappedColumn[int]:
    """Clave primaria entera que numera la base."""
    kind = BigInteger() if big else Integer()
    return mapped_column(kind, Identity(always=False), primary_key=True, comment=comment)


def created_at(comment: str = "Instante en que se registró.", **options: Any) -> MappedColumn[datetime]:
    """El reloj es el de la clínica; el de la base solo cubre cargas hechas a mano."""
    return mapped_column(default=now, server_default=func.now(), comment=comment, **options)


def updated_at() -> MappedColumn[datetime]:
    """Instante del último cambio."""
    return mapped_column(
        default=now, onupdate=now, server_default=func.now(), comment="Instante del último cambio."
    )


def one_of(column: str, *values: str) -> str:
    """La condición SQL de una columna que solo puede valer uno de `values`."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
