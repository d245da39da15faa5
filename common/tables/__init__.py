"""El esquema, declarado una sola vez. Importar este paquete carga todas las tablas."""

from common.tables import auth, citas, facturacion, guards, historia_clinica, inventario, plataforma
from common.tables.base import Base

__all__ = [
    "Base",
    "auth",
    "citas",
    "facturacion",
    "guards",
    "historia_clinica",
    "inventario",
    "plataforma",
]
