"""La lista de los números que faltan o no valen, y el resumen de cada serie."""

from typing import Any

from sqlalchemy import (
    CTE,
    Date,
    DateTime,
    Integer,
    Select,
    String,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from common.database import Database, fetch_all
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice
from common.tables.sri import SriDocument
from common.utils import clinic_today
from facturacion_service.ledger.periods import Period
from facturacion_service.sri.declaration.number_schemas import SequencesQuery
from facturacion_service.sri.declaration.queries import INVOICE_DOCUMENT, NOTE_DOCUMENT
from facturacion_service.sri.declaration.used_number_queries import (
    SERIES,
    environment_of,
    holes,
    is_unused,
    is_wanted,
    same_series,
    summaries_of,
)
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO


def _event(kind: Any, owner: Any, first: Any, last: Any, day: Any = None, **values: Any) -> Any:
    """Un renglón de la lista: un salto de números, o un número que no vale."""
    return select(
        *(owner[name].label(name) for name in SERIES),
        kind.label("kind"),
        cast(first, Integer).label("first"),
        cast(last, Integer).label("last"),
        cast(null() if day is None else day, Date).label("issue_date"),
        cast(values.get("access_key", null()), String).label("access_key"),
        cast(values.get("sri_status", null()), String).label("sri_status"),
        cast(values.get("reason", null()), String).label("reason"),
        cast(values.get("at", null()), DateTime(timezone=True)).label("recorded_at"),
    )


def _gaps(query: SequencesQuery, summaries: CTE) -> tuple[Any, ...]:
    """Los saltos: antes del primer número usado, entre dos, y tras el último hasta donde va el contador."""
    series, hole = summaries.c, holes(query, summaries).c
    initial = _event(literal("SALTO_INICIAL"), series, 1, series.first_number - 1, series.since)
    inner = _event(literal("SALTO"), hole, hole.previous + 1, hole.value - 1, hole.issue_date)
    final = _event(literal("SALTO_FINAL"), series, series.last_used + 1, series.last_number)
    return (
        initial.where(series.first_number > 1),
        inner.where(hole.value > hole.previous + 1),
        final.where(series.last_number > series.last_used),
    )


def _unused(query: SequencesQuery) -> Any:
    """Los números de comprobantes dados de baja que ya no lleva ningún documento."""
    event = _event(
        literal("NO_UTILIZADO"),
        *_placed(SriDocument.environment, SriDocument.doc_code, SriDocument.document_number),
        SriDocument.issue_date,
        access_key=SriDocument.access_key,
        sri_status=SriDocument.status,
        reason=SriDocument.voided_reason,
        at=SriDocument.voided_at,
    )
    return event.where(is_unused(query))


def _placed(environment: Any, doc_code: Any, number: Any) -> tuple[dict[str, Any], Any, Any]:
    series = {"environment": environment, "doc_code": doc_code, "series": func.substr(number, 1, 7)}
    return series, cast(func.substr(number, 9), Integer), cast(func.substr(number, 9), Integer)


def _annulled(query: SequencesQuery, owner: Any, number: Any, doc_code: str, document: Any) -> Any:
    """Los documentos anulados, que conservan su número."""
    environment, code = environment_of(owner.is_test), literal(doc_code)
    event = _event(
        literal("ANULADO"),
        *_placed(environment, code, number),
        owner.issue_date,
        access_key=SriDocument.access_key,
        sri_status=SriDocument.status,
        reason=owner.annulled_reason,
        at=owner.annulled_at,
    )
    rows = event.select_from(owner).outerjoin(SriDocument, document)
    return rows.where(owner.status == "ANNULLED", number.is_not(None), is_wanted(query, environment, code))


def _events(query: SequencesQuery) -> tuple[CTE, CTE]:
    summaries = summaries_of(query)
    events = union_all(
        *_gaps(query, summaries),
        _unused(query),
        _annulled(query, Invoice, Invoice.invoice_number, FACTURA, INVOICE_DOCUMENT),
        _annulled(query, CreditNote, CreditNote.credit_note_number, NOTA_DE_CREDITO, NOTE_DOCUMENT),
    )
    return events.cte("events"), summaries


def _legal_number(series: Any, value: Any) -> Any:
    return series + literal("-") + func.lpad(cast(value, String), 9, "0")


def numbers(query: SequencesQuery, period: Period | None = None) -> Select[*tuple[Any, ...]]:
    """Los saltos y los números que no valen, por serie y en orden.

    :param period: solo lo de sus días. Un salto es del día del número que le sigue; el inicial, del primero
        en que se usó la serie, y el final, de hoy.
    """
    events, _ = _events(query)
    legal = [
        _legal_number(events.c.series, events.c[end]).label(name)
        for name, end in (("from_number", "first"), ("to_number", "last"))
    ]
    statement = select(
        *(events.c[name] for name in SERIES),
        events.c.kind,
        *legal,
        (events.c.last - events.c.first + 1).label("number_count"),
        *(events.c[name] for name in ("issue_date", "access_key", "sri_status", "reason", "recorded_at")),
    ).order_by(*(events.c[name] for name in (*SERIES, "first", "kind", "access_key")))
    if period is not None:
        day = func.coalesce(events.c.issue_date, clinic_today())
        statement = statement.where(day.between(period.date_from, period.date_to))
    return statement


def sequences(db: Database, query: SequencesQuery) -> list[dict[str, Any]]:
    """Las series con algún número o contador, y cuántos números hay de cada suerte."""
    events, summaries = _events(query)
    of_series = same_series(events, summaries)
    counted = {
        name: select(func.count(events.c.first.distinct()))
        .where(of_series, events.c.kind == kind)
        .scalar_subquery()
        for name, kind in (("unused_count", "NO_UTILIZADO"), ("annulled_count", "ANULADO"))
    }
    statement = select(
        *(summaries.c[name] for name in SERIES),
        *(summaries.c[name].label(name) for name in ("first_number", "last_number")),
        (summaries.c.last_number - summaries.c.found).label("missing_count"),
        *(count.label(name) for name, count in counted.items()),
        summaries.c.found,
    )
    rows = fetch_all(db, statement.order_by(*(summaries.c[name] for name in SERIES)))
    return [{"used_count": row.pop("found") - row["unused_count"], **row} for row in rows]
