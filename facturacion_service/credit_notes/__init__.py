"""Las notas de crédito."""
