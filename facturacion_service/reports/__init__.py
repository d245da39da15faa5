"""Los reportes: tablero, rentabilidad y cuentas por cobrar."""
