"""Tomar una fila de una cola en arriendo, tenerla mientras dura y cuánto esperar antes de repetirla.

Las tablas de una cola tienen `next_attempt_at`, `lease_owner` y `lease_until`. Varios trabajadores pueden
vaciarla a la vez: la fila que otro está tomando se salta, sin esperarlo.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Update, bindparam, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from common.tables.base import table_of


class LostLease(Exception):
    """El arriendo ya es de otro, o la fila se dio de baja: lo hecho aquí no se guarda."""


def claiming(key: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> Update:
    """La sentencia que toma la fila que más tiempo lleva esperando; le falta decir qué devuelve.

    Sus valores son `at`, el instante; `owner`, quien la toma, y `until`, hasta cuándo la tiene.

    :param key: la clave de la tabla; `conditions`, lo que además tiene que cumplir la fila.
    """
    table: Any = key.class_
    taken = update(table_of(table)).where(key == _first_due(key, conditions))
    return taken.values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))


def _first_due(
    key: InstrumentedAttribute[int], conditions: tuple[ColumnElement[bool], ...]
) -> ScalarSelect[int]:
    table: Any = key.class_
    return (
        select(key)
        .where(table.next_attempt_at <= bindparam("at"), free(table), *conditions)
        .order_by(table.next_attempt_at, key)
        .limit(1)
        .with_for_update(skip_locked=True, of=table)
        .scalar_subquery()
    )


def free(table: Any) -> ColumnElement[bool]:
    """La condición de que nadie tenga la fila, o de que su arriendo haya vencido en el instante `at`."""
    return or_(table.lease_until.is_(None), table.lease_until < bindparam("at"))


def held(
    db: Session, key: InstrumentedAttribute[int], value: int, owner: str, *conditions: ColumnElement[bool]
) -> Any:
    """La fila tomada, bloqueada hasta confirmar, como objeto de su tabla.

    :raises LostLease: si ya no es de quien la tomó.
    """
    table: Any = key.class_
    mine = select(table).where(key == value, table.lease_owner == owner, *conditions)
    row = db.scalars(mine.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise LostLease(value)
    return row


def backoff(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """Cuánto esperar tras esos intentos: el doble cada vez, hasta un máximo."""
    # Con tope también el exponente: un número enorme de intentos no cabe en una duración.
    return min(first * (1 << min(attempts, 16)), longest)
