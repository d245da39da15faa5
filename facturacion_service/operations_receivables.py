"""Las cuentas por cobrar: cuánto se debía al final de un día, desde cuándo y quién."""

from datetime import date
from typing import Any

from common.database import Database
from common.errors import invalid
from common.rules.money import ZERO
from common.utils import clinic_today
from facturacion_service import models_receivables
from facturacion_service.models_receivables import BUCKETS
from facturacion_service.schemas_receivables import ReceivablesQuery


def receivables(db: Database, query: ReceivablesQuery) -> dict[str, Any]:
    """El reporte de un día; el total es la suma de sus tramos.

    :raises Invalid: si el día es futuro.
    """
    day = query.date or clinic_today()
    if day > clinic_today():
        raise invalid("date", "no puede ser posterior a hoy")
    buckets = _buckets(db, day)
    return {
        "date": day,
        "invoice_count": sum(bucket["invoice_count"] for bucket in buckets),
        "total": sum((bucket["balance"] for bucket in buckets), ZERO),
        "buckets": buckets,
        "by_patient": models_receivables.by_patient(db, day),
        **models_receivables.items_page(db, day, query),
    }


def _buckets(db: Database, day: date) -> list[dict[str, Any]]:
    found = {row["days_from"]: row for row in models_receivables.by_age(db, day)}
    empty = {"invoice_count": 0, "balance": ZERO}
    return [{**empty, **found.get(first, {}), "days_from": first, "days_to": last} for first, last in BUCKETS]
