"""La lista de los números que faltan o no valen, y el resumen de cada serie."""

from typing import Any

from sqlalchemy import (
    CTE,
    Date,
    DateTime,
    Integer,
    ScalarSelect,
    String,
    cast,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)

from common.database import Database, fetch_all
from common.lists.listing import Listing, Rows
from common.sql.statements import VaryingQuery, columns
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import Invoice
from common.tables.sri import SriDocument
from common.utils import clinic_today
from common.web.schemas import Payload
from facturacion_service.ledger.periods import Period
from facturacion_service.sri.declaration.number_schemas import SequencesQuery
from facturacion_service.sri.declaration.queries import INVOICE_DOCUMENT, NOTE_DOCUMENT
from facturacion_service.sri.declaration.rows import NumberRow, SeriesRow
from facturacion_service.sri.declaration.used_number_queries import (
    SERIES,
    environment_of,
    holes,
    is_unused,
    is_wanted,
    same_series,
    series_summaries,
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


def _gaps(summaries: CTE) -> tuple[Any, ...]:
    """Los saltos: antes del primer número usado, entre dos, y tras el último hasta donde va el contador."""
    series, hole = summaries.c, holes(summaries).c
    initial = _event(literal("SALTO_INICIAL"), series, 1, series.first_number - 1, series.since)
    inner = _event(literal("SALTO"), hole, hole.previous + 1, hole.value - 1, hole.issue_date)
    final = _event(literal("SALTO_FINAL"), series, series.last_used + 1, series.last_number)
    return (
        initial.where(series.first_number > 1),
        inner.where(hole.value > hole.previous + 1),
        final.where(series.last_number > series.last_used),
    )


def _unused() -> Any:
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
    return event.where(is_unused())


def _placed(environment: Any, doc_code: Any, number: Any) -> tuple[dict[str, Any], Any, Any]:
    series = {"environment": environment, "doc_code": doc_code, "series": func.substr(number, 1, 7)}
    return series, cast(func.substr(number, 9), Integer), cast(func.substr(number, 9), Integer)


def _annulled(owner: Any, number: Any, doc_code: str, document: Any) -> Any:
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
    return rows.where(owner.status == "ANNULLED", number.is_not(None), is_wanted(environment, code))


def _legal_number(series: Any, value: Any) -> Any:
    return series + literal("-") + func.lpad(cast(value, String), 9, "0")


_SUMMARIES = series_summaries()
_EVENTS = union_all(
    *_gaps(_SUMMARIES),
    _unused(),
    _annulled(Invoice, Invoice.invoice_number, FACTURA, INVOICE_DOCUMENT),
    _annulled(CreditNote, CreditNote.credit_note_number, NOTA_DE_CREDITO, NOTE_DOCUMENT),
).cte("events")
_NUMBERS = Listing(
    NumberRow,
    "numbers",
    select(
        *columns(
            NumberRow,
            _EVENTS,
            from_number=_legal_number(_EVENTS.c.series, _EVENTS.c.first),
            to_number=_legal_number(_EVENTS.c.series, _EVENTS.c.last),
            number_count=_EVENTS.c.last - _EVENTS.c.first + 1,
        )
    ).order_by(*(_EVENTS.c[name] for name in (*SERIES, "first", "kind", "access_key"))),
    # Ya filtran cada parte de la consulta: `is_wanted`.
    environment=true(),
    doc_code=true(),
)


def _many(kind: str) -> ScalarSelect[int]:
    """Cuántos números de una serie hay de esa suerte."""
    of_series = same_series(_EVENTS, _SUMMARIES)
    counted = select(func.count(_EVENTS.c.first.distinct())).where(of_series, _EVENTS.c.kind == kind)
    return counted.scalar_subquery()


_SERIES = VaryingQuery(
    SeriesRow,
    select(
        *columns(
            SeriesRow,
            _SUMMARIES,
            used_count=_SUMMARIES.c.found,
            unused_count=_many("NO_UTILIZADO"),
            annulled_count=_many("ANULADO"),
            missing_count=_SUMMARIES.c.last_number - _SUMMARIES.c.found,
        )
    ).order_by(*(_SUMMARIES.c[name] for name in SERIES)),
)


def numbers_page(db: Database, query: SequencesQuery) -> Payload:
    """Una página de los saltos y los números que no valen, por serie y en orden."""
    return _NUMBERS.page(db, query)


def numbers(query: SequencesQuery, period: Period | None = None) -> Rows:
    """Todos.

    :param period: solo lo de sus días. Un salto es del día del número que le sigue; el inicial, del primero
        en que se usó la serie, y el final, de hoy.
    """
    statement = _NUMBERS.rows(query)
    if period is None:
        return statement
    day = func.coalesce(_EVENTS.c.issue_date, clinic_today())
    return statement.where(day.between(period.date_from, period.date_to))


def sequences(db: Database, query: SequencesQuery) -> list[SeriesRow]:
    """Las series con algún número o contador, y cuántos números hay de cada suerte."""
    rows = fetch_all(db, _SERIES, environment=query.environment, doc_code=query.doc_code)
    for row in rows:
        # Los que quedaron sin utilizar también se encontraron.
        row["used_count"] -= row["unused_count"]
    return rows
