"""El cuidado de la base: copias, herramientas de PostgreSQL y siembra."""
