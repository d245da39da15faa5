"""Facturas y sus notas de crédito, para las pruebas que las dan por hechas."""

from typing import Any

from sqlalchemy import select

from common.database import fetch_value, reading
from common.tables.inventario import Product
from tests import factories


def billed(client: Any, *items: dict[str, Any], **values: Any) -> Any:
    """Una factura emitida; sin líneas, una consulta de 30 sin IVA."""
    lines = {"items": list(items) or [{"description": "Consulta", "unit_price": 30}]}
    if "appointment_id" in values and not items:
        lines = {}
    who = {} if "appointment_id" in values or "buyer" in values else {"patient_id": factories.patient()}
    response = client.post("/invoices", {"status": "ISSUED", **who, **lines, **values})
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def credit(client: Any, invoice: Any, *items: dict[str, Any], **values: Any) -> Any:
    """La respuesta de pedir una nota de crédito; cada línea con su lugar en la factura: `line`, desde 0."""
    lines = [dict(item) for item in items]
    for line in lines:
        line["item_id"] = invoice["items"][line.pop("line")]["item_id"]
    body = {"reason": "Devolución", **({"items": lines} if lines else {}), **values}
    return client.post(f"/invoices/{invoice['invoice_id']}/credit-notes", body)


def credited(client: Any, invoice: Any, *items: dict[str, Any], **values: Any) -> Any:
    """Una nota de crédito ya emitida."""
    response = credit(client, invoice, *items, **values)
    assert response.status_code == 201, response.json
    return response.json["data"]["credit_note"]


def annul(client: Any, note: Any, reason: str = "Error") -> Any:
    """La respuesta de anular una nota de crédito."""
    body = {"status": "ANNULLED", "reason": reason}
    return client.patch(f"/credit-notes/{note['credit_note_id']}/status", body)


def annulled(client: Any, note: Any) -> Any:
    """Una nota de crédito ya anulada."""
    response = annul(client, note)
    assert response.status_code == 200, response.json
    return response.json["data"]["credit_note"]


def seen(client: Any, invoice: Any) -> Any:
    """La factura como se lee ahora."""
    return client.get(f"/invoices/{invoice['invoice_id']}").json["data"]["invoice"]


def stock_of(product_id: int) -> Any:
    """La existencia de un producto."""
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product_id))
