"""Autenticación: entrar, salir, cuentas, roles y permisos."""
