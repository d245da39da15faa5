"""La limpieza de lo que ya venció: unas pocas filas cada vez, al paso de quien escribe otras."""

from datetime import datetime
from typing import cast

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from common.database import write
from common.sql.statements import FixedWrite
from common.tables.base import Base, table_of

AT_ONCE = 50


class Expired:
    """Las filas de una tabla que sobran desde cierto instante.

    :param at: la columna que lo dice, con índice.
    """

    def __init__(self, at: InstrumentedAttribute[datetime]) -> None:
        table = table_of(cast(type[Base], at.class_))
        # Por su orden en el índice: lo vencido está al principio, y no se mira nada más.
        some = select(*table.primary_key).where(at < bindparam("before")).order_by(at).limit(AT_ONCE)
        chosen = some.with_for_update(skip_locked=True)
        self._forgotten = FixedWrite(delete(table).where(tuple_(*table.primary_key).in_(chosen)))

    def forget(self, db: Session, before: datetime) -> None:
        """Borra unas pocas, las más viejas; salta las que otro tenga bloqueadas, así que nunca espera."""
        write(db, self._forgotten, before=before)
