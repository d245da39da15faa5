"""Inventario: productos, existencias, tratamientos y sus recetas de insumos."""
