"""El esquema, declarado una sola vez. Importar este paquete carga todas las tablas."""

from common.tables import (
    auth,
    citas,
    credit_notes,
    facturacion,
    figures,
    historia_clinica,
    inventario,
    platform,
    search,
    sri,
    sri_settings,
)
from common.tables.base import Base
from common.tables.guards import installed

__all__ = [
    "Base",
    "auth",
    "citas",
    "credit_notes",
    "facturacion",
    "figures",
    "historia_clinica",
    "installed",
    "inventario",
    "platform",
    "search",
    "sri",
    "sri_settings",
]
