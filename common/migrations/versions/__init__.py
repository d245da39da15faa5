"""Las migraciones, en orden."""
