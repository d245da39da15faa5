"""La historia del esquema (Alembic)."""
