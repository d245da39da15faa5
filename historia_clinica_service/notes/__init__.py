"""Las notas de cada visita y sus versiones."""
