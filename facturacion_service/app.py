"""Arranque del servicio de facturación: `python app.py`, o gunicorn con `facturacion_service.app:app`."""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common.service import create_service, run
from facturacion_service.models_sri_measures import sri_measures
from facturacion_service.routes import bp as invoices
from facturacion_service.routes_credit_notes import bp as credit_notes
from facturacion_service.routes_expenses import bp as expenses
from facturacion_service.routes_payments import bp as payments
from facturacion_service.routes_pdf import bp as pdf
from facturacion_service.routes_receivables import bp as receivables
from facturacion_service.routes_reports import bp as reports
from facturacion_service.routes_sri import bp as sri_documents
from facturacion_service.routes_sri_reports import bp as sri_reports
from facturacion_service.routes_sri_settings import bp as sri_settings

app = create_service(
    "facturacion",
    invoices,
    payments,
    credit_notes,
    pdf,
    expenses,
    receivables,
    reports,
    sri_documents,
    sri_reports,
    sri_settings,
    measures=sri_measures,
)

if __name__ == "__main__":
    run(app, "facturacion")
