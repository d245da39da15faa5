"""Lo que toca reabrir una cita, además de la cita: de las facturas, solo columnas."""

from typing import Any

from sqlalchemy import bindparam, select

from common.database import Database, fetch_one
from common.tables.facturacion import Invoice

# Una sola puede estar viva por cita: lo guarda un índice único. La que sus notas de crédito devolvieron
# entera ya no la cobra.
_LIVE_INVOICE = select(Invoice.invoice_id, Invoice.invoice_number, Invoice.status).where(
    Invoice.appointment_id == bindparam("appointment_id"),
    Invoice.status != "ANNULLED",
    ~Invoice.credited_in_full,
)


def live_invoice(db: Database, appointment_id: int) -> dict[str, Any] | None:
    """La factura que cobra una cita, también en borrador: ni anulada ni devuelta entera; o None."""
    return fetch_one(db, _LIVE_INVOICE, appointment_id=appointment_id)
