"""La página `/docs`: Swagger UI servido desde el paquete instalado, sin internet."""

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from common.auth_middleware import public
from common.errors import NotFound
from common.services import ServiceInfo

ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js")

PAGE = """<!doctype html>
<html lang="es">
<head>
<meta charset="utf-8">
<title>{title} · Sistema de Gestión Clínica</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{url: "openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null}});
</script>
</body>
</html>
"""


def _assets_folder() -> Path:
    # El paquete se usa solo por sus archivos; su página pide más de los que hacen falta.
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise RuntimeError("falta el paquete flask-swagger-ui; vuelva a instalar los requisitos")
    return Path(spec.origin).parent / "dist"


def docs_blueprint(info: ServiceInfo) -> Blueprint:
    """Las rutas de la documentación interactiva de un servicio."""
    docs = Blueprint("docs", __name__)
    folder = _assets_folder()

    @docs.get("/docs")
    @public
    def page() -> Response:
        """Muestra la documentación interactiva"""
        return Response(PAGE.format(title=info.title), mimetype="text/html")

    @docs.get("/docs/<name>")
    @public
    def asset(name: str) -> Response:
        """Entrega un archivo de la documentación interactiva"""
        if name not in ASSETS:
            raise NotFound("Ese archivo no existe.")
        return send_from_directory(folder, name, max_age=86400)

    return docs
