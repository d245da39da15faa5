"""Facturación: facturas, gastos y resultados."""
