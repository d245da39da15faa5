"""El esquema, declarado una sola vez. Importar este paquete carga todas las tablas."""

from common.tables import (
    auth,
    busqueda,
    cifras,
    citas,
    facturacion,
    guards,
    historia_clinica,
    inventario,
    notas_de_credito,
    plataforma,
    sri,
)
from common.tables.base import Base

__all__ = [
    "Base",
    "auth",
    "busqueda",
    "cifras",
    "citas",
    "facturacion",
    "guards",
    "historia_clinica",
    "inventario",
    "notas_de_credito",
    "plataforma",
    "sri",
]
