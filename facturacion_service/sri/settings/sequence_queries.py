"""Por dónde va la numeración: los contadores de verdad, que son los de toda factura, y los de pruebas."""

from sqlalchemy import and_, bindparam, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from common.database import Database, fetch_all, fetch_value
from common.sql.statements import FixedQuery, ValueQuery, columns
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice, InvoiceSequence
from common.tables.sri import SriDocument
from common.tables.sri_settings import TrialSequence
from facturacion_service.sri.rows import CounterRow
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO

COUNTERS: dict[str, type[InvoiceSequence] | type[TrialSequence]] = {
    "PRODUCCION": InvoiceSequence,
    "PRUEBAS": TrialSequence,
}
KEY = ("doc_code", "establishment", "emission_point")


_COUNTERS = FixedQuery(
    CounterRow,
    union_all(
        *(
            select(*columns(CounterRow, table, environment=literal(environment))).where(table.last_number > 0)
            for environment, table in COUNTERS.items()
        )
    ).order_by("environment", *KEY[1:], KEY[0]),
)
_LAST = {
    environment: select(table.last_number).where(
        and_(*(getattr(table, name) == bindparam(name) for name in KEY))
    )
    for environment, table in COUNTERS.items()
}
_LAST_NUMBER = {environment: ValueQuery(int, last) for environment, last in _LAST.items()}
_HELD_NUMBER = {environment: ValueQuery(int, last.with_for_update()) for environment, last in _LAST.items()}
_VOIDED = select(SriDocument.document_id).where(
    SriDocument.document_number.like(bindparam("prefix")),
    SriDocument.environment == bindparam("environment"),
    SriDocument.doc_code == bindparam("doc_code"),
)
_NUMBERED = {
    FACTURA: select(Invoice.invoice_id).where(
        Invoice.invoice_number.like(bindparam("prefix")), Invoice.is_test == bindparam("is_test")
    ),
    NOTA_DE_CREDITO: select(CreditNote.credit_note_id).where(
        CreditNote.credit_note_number.like(bindparam("prefix")), CreditNote.is_test == bindparam("is_test")
    ),
}
_USED = {code: ValueQuery(int, union_all(numbered, _VOIDED).limit(1)) for code, numbered in _NUMBERED.items()}


def sequences(db: Database) -> list[CounterRow]:
    """Los contadores que han contado algo, en orden de serie."""
    return fetch_all(db, _COUNTERS)


def last_number(db: Database, environment: str, key: dict[str, str]) -> int:
    """El último número usado en una serie; cero si ninguno."""
    return fetch_value(db, _LAST_NUMBER[environment], **key) or 0


def set_counter(db: Session, environment: str, key: dict[str, str], number: int) -> bool:
    """Lleva el contador a ese número; False, sin tocarlo, si ya va más allá y algún número suyo se usó.

    Bajarlo corrige un número mal escrito: con ninguno usado, no se puede repetir.
    """
    table = COUNTERS[environment]
    held = fetch_value(db, _HELD_NUMBER[environment], **key)
    may_go_back = held is not None and held > number and not _is_used(db, environment, key)
    statement = insert(table).values(**key, last_number=number)
    upsert = statement.on_conflict_do_update(
        index_elements=KEY, set_={"last_number": number}, where=(table.last_number < number) | may_go_back
    )
    return db.scalar(upsert.returning(table.last_number)) is not None


def _is_used(db: Session, environment: str, key: dict[str, str]) -> bool:
    """Si algún documento tomó un número de esa serie."""
    code, is_test = key["doc_code"], environment == "PRUEBAS"
    of_series = {"doc_code": code, "environment": environment, "is_test": is_test}
    prefix = f"{key['establishment']}-{key['emission_point']}-%"
    return fetch_value(db, _USED[code], prefix=prefix, **of_series) is not None
