"""Los números que cada serie ya usó, contados en la base de una pasada.

Un número está usado si lo lleva una factura, una nota de crédito o un comprobante dado de baja. Los que
faltan se buscan comparando cada uno con el anterior de su serie, nunca número por número, y solo en las
series cuya cuenta no cuadra.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)

from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice, InvoiceSequence
from common.tables.sri import SriDocument
from common.tables.sri_settings import TrialSequence
from facturacion_service.sri.declaration.queries import if_asked
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO

SERIES = ("environment", "doc_code", "series")


def environment_of(is_test: Any) -> Any:
    """El ambiente de un documento; sin comprobante electrónico es de producción."""
    return case((is_test, "PRUEBAS"), else_="PRODUCCION")


def _number(environment: Any, doc_code: Any, number: Any, day: Any) -> Select[*tuple[Any, ...]]:
    return select(
        environment.label("environment"),
        doc_code.label("doc_code"),
        func.substr(number, 1, 7).label("series"),
        cast(func.substr(number, 9), Integer).label("value"),
        day.label("issue_date"),
    )


def is_wanted(environment: Any, doc_code: Any) -> ColumnElement[bool]:
    """Que sea del ambiente y documento que se piden."""
    return if_asked(environment, "environment") & if_asked(doc_code, "doc_code")


def _used() -> Any:
    """Los números usados, cada uno una sola vez."""
    real, factura, nota = environment_of(Invoice.is_test), literal(FACTURA), literal(NOTA_DE_CREDITO)
    noted = environment_of(CreditNote.is_test)
    voided = SriDocument.environment, SriDocument.doc_code, SriDocument.document_number
    return union_all(
        _number(real, factura, Invoice.invoice_number, Invoice.issue_date).where(
            Invoice.invoice_number.is_not(None), is_wanted(real, factura)
        ),
        _number(noted, nota, CreditNote.credit_note_number, CreditNote.issue_date).where(
            is_wanted(noted, nota)
        ),
        _number(*voided, func.min(SriDocument.issue_date)).where(is_unused()).group_by(*voided),
    ).subquery()


def is_unused() -> Any:
    """Que un comprobante esté de baja y su número ya no lo lleve ningún documento."""
    environment, doc_code = SriDocument.environment, SriDocument.doc_code
    is_test, number = environment == "PRUEBAS", SriDocument.document_number
    invoice = select(Invoice.invoice_id).where(Invoice.invoice_number == number, Invoice.is_test == is_test)
    note = select(CreditNote.credit_note_id).where(
        CreditNote.credit_note_number == number, CreditNote.is_test == is_test
    )
    carried = case((doc_code == FACTURA, invoice.exists()), else_=note.exists())
    return SriDocument.voided_at.is_not(None) & ~carried & is_wanted(environment, doc_code)


def _counters() -> Any:
    """El último número que dio cada contador."""
    tables = ((InvoiceSequence, "PRODUCCION"), (TrialSequence, "PRUEBAS"))
    return union_all(
        *(
            select(
                literal(environment).label("environment"),
                table.doc_code,
                (table.establishment + literal("-") + table.emission_point).label("series"),
                table.last_number,
            ).where(is_wanted(literal(environment), table.doc_code))
            for table, environment in tables
        )
    ).cte("counters")


def series_summaries() -> CTE:
    """De cada serie: primero, último y cuántos números se usaron."""
    used, counters = _used(), _counters()
    series = [used.c[name] for name in SERIES]
    found = (
        select(
            *series,
            func.min(used.c.value).label("first_number"),
            func.max(used.c.value).label("last_used"),
            func.count().label("found"),
            func.min(used.c.issue_date).label("since"),
        )
        .group_by(*series)
        .subquery()
    )
    last_used = func.coalesce(found.c.last_used, 0)
    return (
        select(
            *(func.coalesce(found.c[name], counters.c[name]).label(name) for name in SERIES),
            found.c.first_number,
            found.c.since,
            last_used.label("last_used"),
            func.greatest(last_used, func.coalesce(counters.c.last_number, 0)).label("last_number"),
            func.coalesce(found.c.found, 0).label("found"),
        )
        .select_from(found.join(counters, same_series(found, counters), full=True))
        .cte("summaries")
    )


def same_series(one: Any, other: Any) -> Any:
    """Que dos filas sean de la misma serie, documento y ambiente."""
    return and_(true(), *(one.c[name] == other.c[name] for name in SERIES))


def holes(summaries: CTE) -> Any:
    """Cada número con el anterior de su serie, solo de las series a las que les falta alguno en medio."""
    used, series = _used(), summaries.c
    previous = func.lag(used.c.value).over(
        partition_by=[used.c[name] for name in SERIES], order_by=used.c.value
    )
    has_holes = series.found < series.last_used - series.first_number + 1
    joined = used.join(summaries, same_series(used, summaries) & has_holes)
    return select(used, previous.label("previous")).select_from(joined).subquery()
