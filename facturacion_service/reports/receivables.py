"""Las cuentas por cobrar: cuánto se debía al final de un día, desde cuándo y quién."""

from typing import Any

from common.database import Database
from common.errors import invalid
from common.rules.money import ZERO
from common.utils import clinic_today
from facturacion_service.reports import receivable_queries
from facturacion_service.reports.receivable_queries import BUCKETS
from facturacion_service.reports.receivable_schemas import ReceivablesQuery


def receivables(db: Database, query: ReceivablesQuery) -> dict[str, Any]:
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


def _buckets(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    some = {row["days_from"]: row for row in found}
    empty = {"invoice_count": 0, "balance": ZERO}
    return [{**empty, **some.get(first, {}), "days_from": first, "days_to": last} for first, last in BUCKETS]
