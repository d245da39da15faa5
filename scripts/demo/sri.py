"""Los comprobantes electrónicos de la clínica de muestra, hechos con las operaciones del programa.

Quien emite y su firma son inventados: solo los autoriza el SRI simulado.
"""

import secrets
from base64 import b64encode
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from common.utils import now
from common.web.versions import UNCONDITIONAL
from facturacion_service.credit_notes import operations as credit_note_operations
from facturacion_service.credit_notes.schemas import CreditNoteIn
from facturacion_service.invoices import operations as invoice_operations
from facturacion_service.invoices.schemas import InvoiceIn, StatusIn
from facturacion_service.ledger import invoices
from facturacion_service.sri.settings import certificates
from facturacion_service.sri.settings import operations as settings_operations
from facturacion_service.sri.settings.schemas import CertificateIn, SettingsIn
from scripts.demo import data
from scripts.demo.clinic import Clinic
from scripts.demo_certificate import make_p12


def issue_documents(db: Session, clinic: Clinic) -> None:
    """Pone los datos y la firma de quien emite, y emite unas facturas y una nota de crédito."""
    _configure(db, clinic)
    issued = [_invoice(db, clinic, row) for row in data.ELECTRONIC_INVOICES]
    _credit(db, clinic, issued[-1])


def _configure(db: Session, clinic: Clinic) -> None:
    accountant = clinic.staff["Contador"][0]
    settings = SettingsIn.model_validate(data.ISSUER)
    settings_operations.write(db, settings, user=accountant, expected=UNCONDITIONAL)
    certificates.upload(db, _certificate(settings), user=accountant)


def _certificate(settings: SettingsIn) -> CertificateIn:
    password = secrets.token_urlsafe(12)
    start = now() - timedelta(days=1)
    p12 = make_p12(settings.ruc, settings.legal_name, password, starts=start)
    return CertificateIn(file_base64=b64encode(p12).decode(), password=password)


def _invoice(db: Session, clinic: Clinic, row: tuple[Any, ...]) -> int:
    buyer, method, lines, is_paid = row
    body = {
        "patient_id": None if buyer else clinic.chance.choice(clinic.patients),
        "buyer": buyer,
        "payment_method": method,
        "items": [_line(clinic, *line) for line in lines],
        "status": "ISSUED",
    }
    cashier = clinic.staff["Recepcion"][0]
    invoice_id = invoice_operations.create(db, InvoiceIn.model_validate(body), user=cashier)
    if is_paid:
        invoice_operations.change_status(db, invoice_id, StatusIn(status="PAID"), user=cashier)
    return invoice_id


def _line(clinic: Clinic, what: str, quantity: str, discount: str) -> dict[str, Any]:
    kind = "product_id" if what in clinic.products else "treatment_id"
    found = (clinic.products | clinic.treatments)[what]
    return {kind: found, "quantity": Decimal(quantity), "discount": Decimal(discount)}


def _credit(db: Session, clinic: Clinic, invoice_id: int) -> None:
    line, quantity, reason = data.CREDIT_NOTE
    item = invoices.invoice(db, invoice_id)["items"][line - 1]
    items = [{"item_id": item["item_id"], "quantity": Decimal(quantity)}]
    body = CreditNoteIn.model_validate({"reason": reason, "items": items})
    credit_note_operations.create(db, invoice_id, body, user=clinic.staff["Contador"][0])
