"""La fábrica de servicios: la misma casa para los cinco.

CORS, identificador de petición, errores en JSON, salud, documentación y la regla de que ninguna ruta
queda sin decir quién puede llamarla.
"""

import re
import sys
from collections.abc import Callable
from random import getrandbits
from typing import Annotated, Any

from flask import Blueprint, Flask, Response, g, request
from flask_cors import cross_origin
from sqlalchemy import select, text
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from werkzeug.serving import WSGIRequestHandler, make_server

from common import VERSION
from common.auth_middleware import public
from common.config import ConfigurationError, Settings, load_settings
from common.database import fetch_value, reading
from common.errors import AppError, Unavailable
from common.machine.ports import UnusablePort, ensure_free
from common.openapi.docs_page import docs_blueprint
from common.openapi.document import build_spec
from common.openapi.resource import Resource, Tag
from common.services import SERVICES, ServiceInfo
from common.watch.instrumentation import Extra, count_unavailable, meter_service
from common.watch.logs import announce, configure_logs, describe, log_requests, logger
from common.web.contract import Answer, answers, contract_of, json_response, request_id, sends
from common.web.field_numbers import MAX_ID
from common.web.field_words import Says
from common.web.schemas import Out

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

# Flask-CORS solo dice Vary con varios orígenes, y con uno también depende de quién pregunta.
_EVERY_ANSWER = [("X-Content-Type-Options", "nosniff"), ("Vary", "Origin")]

HTTP_MESSAGES = {
    400: ("peticion_invalida", "La petición no se entiende."),
    404: ("no_encontrado", "Esa dirección no existe."),
    405: ("metodo_no_permitido", "Esa dirección no admite este método."),
    413: ("cuerpo_muy_grande", "El cuerpo es demasiado grande; el máximo es 1 MB."),
}


class RowId(IntegerConverter):
    """Un identificador en la dirección: lo que no cabe en la base no existe (404)."""

    # Sin ceros delante: cada fila tiene una sola dirección.
    regex = "[1-9][0-9]{0,9}"

    def to_python(self, value: str) -> int:
        """El número.

        :raises NotFound: si ninguna fila puede tenerlo.
        """
        number = int(value)
        if number > MAX_ID:
            # Con el ValidationError de la casa, una ruta de varios métodos respondería 405.
            raise NotFound
        return number


def create_service(name: str, *blueprints: Blueprint, measures: Extra | None = None) -> Flask:
    """La aplicación Flask de un servicio.

    Con una configuración que no sirve, lo dice y termina el proceso con estado 1.

    :param name: clave en :data:`common.services.SERVICES`.
    :param measures: lo que este servicio mide, además de lo que miden todos.
    :raises RuntimeError: si una ruta no declara quién puede llamarla.
    """
    settings = settings_or_exit()
    configure_logs(name)
    info = SERVICES[name]
    app = Flask(info.package, static_folder=None)
    app.url_map.converters["int"] = RowId
    # Una dirección con barras de más no existe: werkzeug respondería una redirección en HTML.
    app.url_map.merge_slashes = False
    _trust_proxies(app, settings)
    log_requests(app, name)
    _identify_requests(app)
    _allow_origins(app, settings)
    _answer_errors(app)
    for blueprint in (*blueprints, _house_routes(app, name, info), docs_blueprint(info)):
        app.register_blueprint(blueprint, url_prefix=info.base_path)
    if settings.metrics_token:
        meter_service(app, name, settings.metrics_token, measures)
    _refuse_undeclared_routes(app)
    return app


def settings_or_exit() -> Settings:
    """La configuración; si no sirve, termina el proceso diciendo por qué."""
    try:
        return load_settings()
    except ConfigurationError as error:
        sys.exit(f"La configuración no sirve:\n{error}\nCorríjala en .env y vuelva a arrancar.")


def _trust_proxies(app: Flask, settings: Settings) -> None:
    """Toma la dirección del cliente y su protocolo de lo que dicen los proxies de la casa, y de nadie más."""
    if proxies := settings.trusted_proxies:
        # Cada proxy agrega al final de la lista a quien le habló: lo que el cliente escribiera queda antes.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=1)  # type: ignore[method-assign]


def _identify_requests(app: Flask) -> None:
    @app.before_request
    def identify() -> None:
        given = request.environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = given if _SANE_REQUEST_ID.fullmatch(given) else _new_request_id()

    @app.after_request
    def name_request(response: Response) -> Response:
        headers = response.headers
        for name, value in _EVERY_ANSWER:
            headers.add(name, value)
        headers.add("X-Request-ID", request_id())
        if "Cache-Control" not in headers:
            headers.add("Cache-Control", "no-store")
        return response


def _new_request_id() -> str:
    # No es un secreto; pedir azar al sistema suelta el cerrojo de Python, y recuperarlo cuesta más.
    return f"{getrandbits(128):032x}"


def _allow_origins(app: Flask, settings: Settings) -> None:
    # Flask-CORS trabajaría en toda respuesta, y es un 5 % de la petición: solo si hay a quién admitir.
    marked: Callable[[Response], Response] = cross_origin(
        origins=list(settings.cors_origins),
        methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "X-Request-ID",
        ],
        expose_headers=[
            "Location",
            "ETag",
            "Content-Disposition",
            "X-Request-ID",
            "Retry-After",
            "Idempotent-Replayed",
        ],
        max_age=600,
        automatic_options=False,
        vary_header=False,
    )(lambda response: response)

    @app.after_request
    def allow_origin(response: Response) -> Response:
        # Quien no llama desde otra página no envía su origen, o lo envía vacío, y nada hay que decirle.
        return marked(response) if request.environ.get("HTTP_ORIGIN") else response


def _answer_errors(app: Flask) -> None:
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)


def _app_error(error: AppError) -> Response:
    if error.status >= 500:
        count_unavailable(error.code)
        cause = describe(error.__cause__) if error.__cause__ else {}
        logger.warning("no disponible", extra={"fields": {"code": error.code, **cause}})
    response = _error_response(error.status, error.code, error.message, error.errors, error.data)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        # HTTP exige decir cómo se entra; con este esquema el navegador no abre su propia ventana.
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    code, message = HTTP_MESSAGES.get(status, ("peticion_invalida", "La petición no se entiende."))
    response = _error_response(status, code, message, [], None)
    for header, value in error.get_headers():
        if header.lower() == "allow":
            response.headers["Allow"] = value
    return response


def _unexpected_error(error: Exception) -> Response:
    logger.error("error inesperado", exc_info=error)
    message = "Ocurrió un error inesperado; avise con el identificador de la petición."
    return _error_response(500, "error_interno", message, [], None)


def _error_response(
    status: int, code: str, message: str, errors: list[dict[str, str]], data: dict[str, Any] | None
) -> Response:
    payload: dict[str, Any] = {
        "success": False,
        "message": message,
        "code": code,
        "errors": errors,
        "request_id": request_id(),
    }
    if data is not None:
        payload["data"] = data
    return json_response(payload, status)


class HealthOut(Out):
    """El estado de un servicio."""

    status: Annotated[str, Says(example="healthy")]
    service: str
    version: Annotated[str, Says(example="1.0.0")]
    database: Annotated[str, Says(example="ok")]


class LiveOut(Out):
    """El proceso corre."""

    status: Annotated[str, Says(example="alive")]
    service: str


def _house_routes(app: Flask, name: str, info: ServiceInfo) -> Blueprint:
    """Las rutas que todo servicio tiene: salud, vida y su OpenAPI."""
    house = Resource("house", __name__, Tag("Servicio", "Salud y descripción de este servicio."))

    @house.get("/health")
    @public
    @answers(HealthOut)
    def health() -> Answer:
        """Dice si el servicio y su base de datos responden"""
        state = {"status": "healthy", "service": name, "version": VERSION, "database": "ok"}
        try:
            with reading() as db:
                fetch_value(db, select(text("1")))
        except Unavailable as error:
            error.data = {**state, "status": "unhealthy", "database": "unavailable"}
            raise
        return Answer(state)

    @house.get("/live")
    @public
    @answers(LiveOut)
    def live() -> Answer:
        """Dice si el proceso corre, sin preguntar a la base"""
        return Answer({"status": "alive", "service": name})

    @house.get("/openapi.json")
    @public
    @sends("application/json")
    def openapi() -> Response:
        """Devuelve la descripción OpenAPI 3.1 de este servicio"""
        return json_response(build_spec(app, info), 200)

    return house


def _refuse_undeclared_routes(app: Flask) -> None:
    undeclared = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if not contract_of(app.view_functions[rule.endpoint]).declared_access
    ]
    if undeclared:
        raise RuntimeError(f"rutas que no declaran permiso ni que son públicas: {undeclared}")


def run(app: Flask, name: str) -> None:
    """Prepara la base y atiende en este proceso: para probar un servicio a mano.

    En producción se usa gunicorn y la base se migra aparte (`python -m common.migrate`).
    """
    from common.migrate import main as migrate

    settings = load_settings()
    host, port = settings.host, settings.ports[name]
    try:
        ensure_free(host, port)
    except UnusablePort as error:
        sys.exit(str(error))
    if migrate([]) != 0:
        sys.exit(1)
    server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
    announce(name, host, port)
    server.serve_forever()


class _Quiet(WSGIRequestHandler):
    """Lo que ya dice la línea de cada petición no se repite, y menos con su consulta."""

    def log_request(self, *_: object) -> None:
        """Nada."""
