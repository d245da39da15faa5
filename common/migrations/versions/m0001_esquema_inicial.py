"""El esquema inicial: todas las tablas, restricciones y guardas, en `m0001_esquema_inicial.sql`."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Crea el esquema."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # Directo al controlador: en el texto hay «:» y «%» que no son parámetros.
    op.get_bind().connection.cursor().execute(script)


def downgrade() -> None:
    """No se borra una clínica: se restaura una copia de respaldo."""
    raise NotImplementedError("el esquema inicial no se deshace")
