"""Cobros parciales de las facturas y enlaces al calendario de los doctores."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

from common.utils import timezone_name

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# De quien hizo la factura: entonces no se anotaba quién cobraba.
FORMER_PAYMENTS = """
INSERT INTO invoice_payments
  (invoice_id, amount, payment_method, payment_date, received_by, created_at)
SELECT invoice_id, total_amount, payment_method, (paid_at AT TIME ZONE :zone)::date, created_by, paid_at
FROM invoices WHERE paid_at IS NOT NULL AND total_amount > 0
"""


def upgrade() -> None:
    """Crea las dos tablas; lo que ya estaba cobrado queda como un solo cobro."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(script)
    op.get_bind().execute(text(FORMER_PAYMENTS), {"zone": timezone_name()})


def downgrade() -> None:
    """No se deshace: borraría cobros."""
    raise NotImplementedError("los cobros no se borran")
