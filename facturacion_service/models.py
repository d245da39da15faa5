"""Las tablas que comparten los recursos de facturación y qué cuenta como ingreso.

Facturas y números se escriben en `ledger/`, y `common.rules` escribe por ella existencias y movimientos; de
los pacientes solo lee columnas.
"""

from sqlalchemy import ColumnElement, select

from common.tables.base import table_of
from common.tables.credit_notes import CreditNote
from common.tables.facturacion import (
    Invoice,
    InvoiceItem,
    InvoiceSequence,
    InvoiceTax,
)
from common.tables.sri_settings import SriSettings, TrialSequence

__all__ = [
    "Invoice",
    "InvoiceItem",
    "InvoiceTax",
]

# Los contadores de números: los de verdad y los del ambiente de pruebas.
SEQUENCES, TRIAL_SEQUENCES = table_of(InvoiceSequence), table_of(TrialSequence)

IN_PRODUCTION = select(SriSettings.settings_id).where(SriSettings.environment == "PRODUCCION").exists()


def counts(document: type[Invoice] | type[CreditNote]) -> ColumnElement[bool]:
    """Que un documento cuente: lo emitido en pruebas deja de contar cuando se factura de verdad."""
    return ~document.is_test | ~IN_PRODUCTION


# Lo que ya es un ingreso: la factura emitida o cobrada; y lo que lo resta, la nota de crédito vigente.
INCOME = Invoice.status.in_(("ISSUED", "PAID")) & counts(Invoice)
CREDIT = (CreditNote.status == "ISSUED") & counts(CreditNote)
