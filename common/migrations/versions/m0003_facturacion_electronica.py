"""Facturación electrónica: emisor, certificados, comprobantes y su envío; notas de crédito."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Crea las tablas; las facturas que ya había siguen igual, sin comprobante electrónico."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(script)


def downgrade() -> None:
    """No se deshace: borraría comprobantes."""
    raise NotImplementedError("los comprobantes electrónicos no se borran")
