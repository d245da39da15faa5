"""Por dónde va la numeración: los contadores de verdad, que son los de toda factura, y los de pruebas."""

from typing import Any

from sqlalchemy import literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_value
from common.tables.facturacion import InvoiceSequence
from common.tables.sri import TrialSequence

COUNTERS: dict[str, type[InvoiceSequence] | type[TrialSequence]] = {
    "PRODUCCION": InvoiceSequence,
    "PRUEBAS": TrialSequence,
}
KEY = ("doc_code", "establishment", "emission_point")


def sequences(db: Database) -> list[dict[str, Any]]:
    """Los contadores que han contado algo, en orden de serie."""
    parts = [
        select(
            table.doc_code,
            table.establishment,
            table.emission_point,
            literal(environment).label("environment"),
            table.last_number,
        ).where(table.last_number > 0)
        for environment, table in COUNTERS.items()
    ]
    return fetch_all(db, union_all(*parts).order_by("environment", *KEY[1:], KEY[0]))


def last_number(db: Database, environment: str, key: dict[str, str]) -> int:
    """El último número usado en una serie; cero si ninguno."""
    table = COUNTERS[environment]
    statement = select(table.last_number).filter_by(**key)
    return int(fetch_value(db, statement) or 0)


def raise_counter(db: Session, environment: str, key: dict[str, str], number: int) -> bool:
    """Sube el contador hasta ese número; False, sin tocarlo, si ya va por él o por encima."""
    table = COUNTERS[environment]
    statement = insert(table).values(**key, last_number=number)
    upsert = statement.on_conflict_do_update(
        index_elements=KEY, set_={"last_number": number}, where=table.last_number < number
    )
    return db.scalar(upsert.returning(table.last_number)) is not None
