"""Las cuentas por cobrar: cuánto se debía al final de un día, desde cuándo y quién."""

from common.database import Database
from common.errors import invalid
from common.rules.money import ZERO
from common.utils import clinic_today
from common.web.schemas import Payload
from facturacion_service.reports import receivable_queries
from facturacion_service.reports.receivable_queries import BUCKETS
from facturacion_service.reports.receivable_schemas import ReceivablesQuery
from facturacion_service.reports.rows import AgeRow, AgeView


def receivables(db: Database, query: ReceivablesQuery) -> Payload:
    """El reporte de un día; el total es la suma de sus tramos.

    :raises Invalid: si el día es futuro.
    """
    day = query.date or clinic_today()
    if day > clinic_today():
        raise invalid("date", "no puede ser posterior a hoy")
    found = receivable_queries.receivables(db, day, query)
    buckets = _buckets(found["buckets"])
    count = sum(bucket["invoice_count"] for bucket in buckets)
    return {
        "date": day,
        "invoice_count": count,
        "total": sum((bucket["balance"] for bucket in buckets), ZERO),
        "buckets": buckets,
        "by_patient": found["by_patient"],
        "items": found["items"],
        "pagination": query.of(count),
    }


def _buckets(found: list[AgeRow]) -> list[AgeView]:
    empty = {first: AgeRow(days_from=first, invoice_count=0, balance=ZERO) for first, _ in BUCKETS}
    rows = empty | {row["days_from"]: row for row in found}
    return [{**rows[first], "days_to": last} for first, last in BUCKETS]
