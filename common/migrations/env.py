"""El entorno de Alembic: usa la conexión que le da `common.migrate`, o abre una."""

from alembic import context

from common.database import engine
from common.tables import Base


def run() -> None:
    """Corre las migraciones en la transacción de quien llama."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        with engine().begin() as own:
            _migrate(own)
    else:
        _migrate(connection)


def _migrate(connection: object) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)  # type: ignore[arg-type]
    context.run_migrations()


run()
