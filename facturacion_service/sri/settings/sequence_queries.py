"""Por dónde va la numeración: los contadores de verdad, que son los de toda factura, y los de pruebas."""

from typing import Any

from sqlalchemy import literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_value
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice, InvoiceSequence
from common.tables.sri import SriDocument
from common.tables.sri_settings import TrialSequence
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO

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


def set_counter(db: Session, environment: str, key: dict[str, str], number: int) -> bool:
    """Lleva el contador a ese número; False, sin tocarlo, si ya va más allá y algún número suyo se usó.

    Bajarlo corrige un número mal escrito: con ninguno usado, no se puede repetir.
    """
    table = COUNTERS[environment]
    held = db.scalar(select(table.last_number).filter_by(**key).with_for_update())
    may_go_back = held is not None and held > number and not _is_used(db, environment, key)
    statement = insert(table).values(**key, last_number=number)
    upsert = statement.on_conflict_do_update(
        index_elements=KEY, set_={"last_number": number}, where=(table.last_number < number) | may_go_back
    )
    return db.scalar(upsert.returning(table.last_number)) is not None


def _is_used(db: Session, environment: str, key: dict[str, str]) -> bool:
    """Si algún documento tomó un número de esa serie."""
    prefix = f"{key['establishment']}-{key['emission_point']}-%"
    is_test = environment == "PRUEBAS"
    numbers = {
        FACTURA: select(Invoice.invoice_id).where(
            Invoice.invoice_number.like(prefix), Invoice.is_test == is_test
        ),
        NOTA_DE_CREDITO: select(CreditNote.credit_note_id).where(
            CreditNote.credit_note_number.like(prefix), CreditNote.is_test == is_test
        ),
    }
    voided = select(SriDocument.document_id).where(
        SriDocument.document_number.like(prefix),
        SriDocument.environment == environment,
        SriDocument.doc_code == key["doc_code"],
    )
    used = union_all(numbers[key["doc_code"]], voided).limit(1)
    return db.execute(used).first() is not None
