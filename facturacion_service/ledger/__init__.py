"""Las cuentas que los recursos comparten: facturas guardadas, números, saldos y cifras."""
