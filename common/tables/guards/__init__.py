"""Lo que una tabla no puede declarar: funciones y disparadores que guardan las reglas."""
