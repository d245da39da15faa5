"""Los cinco servicios: su carpeta, su ruta base, su título y su puerto."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ServiceInfo:
    """Ficha de un servicio.

    :param package: carpeta y paquete de Python.
    :param base_path: prefijo de todas sus rutas.
    :param title: nombre que lee una persona.
    :param port_variable: variable de entorno con su puerto.
    :param default_port: puerto TCP si la variable falta.
    """

    package: str
    base_path: str
    title: str
    port_variable: str
    default_port: int


SERVICES: dict[str, ServiceInfo] = {
    "auth": ServiceInfo("auth_service", "/api/auth", "Autenticación", "AUTH_SERVICE_PORT", 5001),
    "inventario": ServiceInfo(
        "inventario_service", "/api/inventario", "Inventario", "INVENTARIO_SERVICE_PORT", 5002
    ),
    "historia_clinica": ServiceInfo(
        "historia_clinica_service",
        "/api/historia-clinica",
        "Historia clínica",
        "HISTORIA_CLINICA_SERVICE_PORT",
        5003,
    ),
    "facturacion": ServiceInfo(
        "facturacion_service", "/api/facturacion", "Facturación", "FACTURACION_SERVICE_PORT", 5004
    ),
    "citas": ServiceInfo("citas_service", "/api/citas", "Citas", "CITAS_SERVICE_PORT", 5005),
}
