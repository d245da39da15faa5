"""Los gastos."""
