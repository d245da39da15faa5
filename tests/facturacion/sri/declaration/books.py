"""Ventas y devoluciones para las pruebas de los reportes del SRI, y cómo se leen sus archivos."""

import csv
import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import load_workbook

from common.database import transaction
from common.tables.facturacion import InvoiceSequence
from common.tables.sri_settings import SriEstablishment, SriSettings
from common.utils import clock_at
from tests.factories import BUYER

GUAYAQUIL = ZoneInfo("America/Guayaquil")


def on(day: int, month: int = 3) -> Any:
    """El reloj a las nueve de un día de 2026."""
    return clock_at(datetime(2026, month, day, 9, tzinfo=GUAYAQUIL))


def go_live() -> None:
    """La clínica deja las pruebas y factura de verdad."""
    with transaction() as db:
        db.get_one(SriSettings, 1).environment = "PRODUCCION"


def open_series(establishment: str, emission_point: str) -> None:
    """Otro establecimiento con su punto de emisión."""
    row = {"establishment": establishment, "address": "Calle Larga 5-20", "emission_points": [emission_point]}
    with transaction() as db:
        db.add(SriEstablishment(**row))


def raise_counter(number: int, series: str = "001-001", doc_code: str = "01") -> None:
    """Alguien adelanta el contador."""
    establishment, emission_point = series.split("-")
    row = {"doc_code": doc_code, "establishment": establishment, "emission_point": emission_point}
    with transaction() as db:
        db.merge(InvoiceSequence(**row, last_number=number))


def bill(client: Any, *prices: tuple[Any, int], **values: Any) -> dict[str, Any]:
    """Una factura emitida, con una línea por cada precio y tarifa."""
    lines = [{"description": "Línea", "unit_price": price, "iva_rate": rate} for price, rate in prices]
    body = {"buyer": BUYER, "items": lines, "status": "ISSUED", **values}
    response = client.post("/invoices", body)
    assert response.status_code == 201, response.json
    invoice: dict[str, Any] = response.json["data"]["invoice"]
    return invoice


def annul(client: Any, invoice: dict[str, Any], reason: str = "Error de digitación") -> None:
    """La anula."""
    path = f"/invoices/{invoice['invoice_id']}/status"
    response = client.patch(path, {"status": "ANNULLED", "reason": reason})
    assert response.status_code == 200, response.json


def credit(client: Any, invoice: dict[str, Any], *amounts: Any, reason: str = "Rebaja") -> dict[str, Any]:
    """Una nota de crédito: un monto sin IVA por línea, en orden; sin ninguno, toda la factura."""
    body: dict[str, Any] = {"reason": reason}
    if amounts:
        pairs = zip(invoice["items"], amounts, strict=True)
        body["items"] = [{"item_id": item["item_id"], "amount": amount} for item, amount in pairs]
    response = client.post(f"/invoices/{invoice['invoice_id']}/credit-notes", body)
    assert response.status_code == 201, response.json
    note: dict[str, Any] = response.json["data"]["credit_note"]
    return note


def dashboard(client: Any, query: str) -> dict[str, Any]:
    """El tablero de un período."""
    metrics: dict[str, Any] = client.get(f"/reports/dashboard?{query}").json["data"]["metrics"]
    return metrics


def table(response: Any) -> list[dict[str, str]]:
    """Las filas de un CSV."""
    assert response.status_code == 200, response.json
    return list(csv.DictReader(io.StringIO(response.get_data().decode("utf-8-sig"), newline="")))


def book(content: bytes) -> dict[str, list[list[Any]]]:
    """Las hojas de un libro: nombre → filas, con la de títulos."""
    found = load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in found}


def records(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Las filas de una tabla como diccionarios."""
    titles, *values = rows
    return [dict(zip(titles, row, strict=True)) for row in values]
