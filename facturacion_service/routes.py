"""El índice de las rutas de facturación: cada recurso tiene las suyas en su carpeta."""

from facturacion_service.credit_notes.routes import bp as credit_notes
from facturacion_service.expenses.routes import bp as expenses
from facturacion_service.invoices.payment_routes import bp as payments
from facturacion_service.invoices.routes import bp as invoices
from facturacion_service.reports.receivable_routes import bp as receivables
from facturacion_service.reports.routes import bp as reports
from facturacion_service.sri.declaration.routes import bp as sri_declaration
from facturacion_service.sri.documents.routes import bp as sri_documents
from facturacion_service.sri.settings.routes import bp as sri_settings

BLUEPRINTS = (
    invoices,
    payments,
    credit_notes,
    expenses,
    receivables,
    reports,
    sri_documents,
    sri_declaration,
    sri_settings,
)
