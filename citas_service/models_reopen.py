"""Lo que toca reabrir una cita, además de la cita: de las facturas, solo columnas."""

from typing import Any

from sqlalchemy import bindparam, select

from common.database import Database, fetch_one
from common.tables.facturacion import Invoice

# Una sola puede estar viva por cita: lo guarda un índice único.
_LIVE_INVOICE = select(Invoice.invoice_id, Invoice.invoice_number, Invoice.status).where(
    Invoice.appointment_id == bindparam("appointment_id"), Invoice.status != "ANNULLED"
)


def live_invoice(db: Database, appointment_id: int) -> dict[str, Any] | None:
    """La factura sin anular de una cita, también en borrador, o None."""
    return fetch_one(db, _LIVE_INVOICE, appointment_id=appointment_id)
