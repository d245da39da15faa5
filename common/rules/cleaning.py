"""La limpieza de lo que ya venció: unas pocas filas cada vez, al paso de quien escribe otras."""

from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_
from sqlalchemy.orm import Session

from common.tables.base import Base

AT_ONCE = 50


def forget(db: Session, table: type[Base], expired: ColumnElement[bool]) -> None:
    """Borra unas pocas filas vencidas; salta las que otro tenga bloqueadas, así que nunca espera."""
    key: tuple[Any, ...] = tuple(inspect(table).primary_key)
    some = select(*key).where(expired).limit(AT_ONCE).with_for_update(skip_locked=True)
    db.execute(delete(table).where(tuple_(*key).in_(some)), execution_options={"synchronize_session": False})
