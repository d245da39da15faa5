"""Las cuentas de los demás."""
