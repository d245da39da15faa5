"""Quien emite y lo que ya emitió, para las pruebas que lo dan por hecho."""

from datetime import datetime
from itertools import count
from typing import Any

from common.database import transaction
from common.tables.sri import SriDocument
from common.utils import clinic_today
from tests import factories

RUC = "1790011674001"
FIRST = {"ruc": RUC, "legal_name": "Clínica Andina S.A.", "head_office_address": "Av. Amazonas N34-45"}

_numbers = count(1)


def put(client: Any, **values: Any) -> Any:
    """Pone los datos del emisor; devuelve la respuesta entera."""
    return client.put("/sri/settings", {**FIRST, **values})


def settings(client: Any) -> Any:
    """Los datos del emisor como se leen."""
    return client.get("/sri/settings").json["data"]["settings"]


def document(client: Any, environment: str = "PRUEBAS", *, series: str = "001-001", **values: Any) -> int:
    """Un comprobante de una factura cualquiera, tal como lo dejaría el emitirla."""
    lines = [{"description": "Consulta", "unit_price": 30}]
    draft = client.post("/invoices", {"patient_id": factories.patient(), "items": lines})
    number = next(_numbers)
    row = {
        "doc_code": "01",
        "invoice_id": draft.json["data"]["invoice"]["invoice_id"],
        "environment": environment,
        "ruc": RUC,
        "document_number": f"{series}-{number:09d}",
        "issue_date": clinic_today(),
        "access_key": f"{number:049d}",
        "unsigned_xml": b"<factura/>",
        **values,
    }
    with transaction() as db:
        stored = SriDocument(**row)
        db.add(stored)
        db.flush()
        return int(stored.document_id)


def authorized(at: datetime) -> dict[str, Any]:
    """Lo que cambia en un comprobante que el SRI autorizó."""
    number = f"{next(_numbers):049d}"
    return {
        "status": "AUTORIZADO",
        "access_key": number,
        "authorization_number": number,
        "authorized_at": at,
        "signed_xml": b"<factura/>",
    }
