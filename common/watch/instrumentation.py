"""Pone a contar a un servicio y le da la página que Prometheus lee, `/metrics`.

Está fuera de `/api`, así que la puerta de entrada no la publica, y exige `METRICS_TOKEN`; sin esa variable no
hay página y no se cuenta nada.
"""

import hmac
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy import event
from sqlalchemy.pool import QueuePool
from werkzeug.routing import Rule

from common.auth_middleware import public
from common.database import Database, reading
from common.errors import Unauthorized, Unavailable
from common.watch.logs import elapsed
from common.watch.metrics import (
    CONTENT_TYPE,
    IN_PROGRESS,
    POOL_IN_USE,
    PREFLIGHT,
    UNKNOWN,
    Measure,
    Meter,
    Operation,
    as_text,
)
from common.web.contract import sends, template

Extra = Callable[[Database], Iterable[Measure]]
_METER = "meter"
_LENT = "prestada"


def meter_service(app: Flask, service: str, token: str, extra: Extra | None) -> None:
    """Empieza a contar lo que pasa por un servicio ya con sus rutas, y agrega la página.

    :param extra: lo que este servicio mide además; si la base no responde, se omite.
    """
    app.register_blueprint(_page(service, token, extra))
    meter = Meter(sorted(_operations(app)))
    app.extensions[_METER] = meter
    app.wsgi_app = _InProgress(app.wsgi_app, meter)  # type: ignore[method-assign]
    _watch_connections(meter)

    @app.after_request
    def count(response: Response) -> Response:
        meter.answered(_operation(request.url_rule, request.method), response.status_code, elapsed())
        return response


def count_unavailable(code: str) -> None:
    """Anota que esta petición no se puede atender, si el servicio cuenta algo."""
    meter: Meter | None = current_app.extensions.get(_METER)
    if meter is not None:
        meter.unavailable(code)


class _InProgress:
    """La aplicación WSGI, que cuenta lo que tiene entre manos."""

    def __init__(self, inner: Any, meter: Meter) -> None:
        self._inner = inner
        self._meter = meter

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self._meter.move(IN_PROGRESS, 1)
        try:
            return self._inner(environ, start_response)
        finally:
            self._meter.move(IN_PROGRESS, -1)


def _operations(app: Flask) -> Iterable[Operation]:
    """Cada método de cada ruta; HEAD se cuenta como GET."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, template(rule.rule)


def _operation(rule: Rule | None, method: str) -> Operation:
    if rule is None:
        return UNKNOWN
    if method == "OPTIONS":
        return PREFLIGHT
    return "GET" if method == "HEAD" else method, template(rule.rule)


def _watch_connections(meter: Meter) -> None:
    def lent(_connection: Any, record: Any, _fairy: Any) -> None:
        record.record_info[_LENT] = True
        meter.move(POOL_IN_USE, 1)

    def returned(_connection: Any, record: Any) -> None:
        # También avisa de la que no se llegó a abrir, que nadie recibió.
        if record.record_info.pop(_LENT, False):
            meter.move(POOL_IN_USE, -1)

    event.listen(QueuePool, "checkout", lent)
    event.listen(QueuePool, "checkin", returned)


def _page(service: str, token: str, extra: Extra | None) -> Blueprint:
    metrics = Blueprint("metrics", __name__)
    expected = f"Bearer {token}".encode()

    @metrics.get("/metrics")
    @public
    @sends(CONTENT_TYPE)
    def show() -> Response:
        """Entrega lo contado, para Prometheus"""
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
            raise Unauthorized("Falta el token de las medidas (METRICS_TOKEN).", code="falta_token")
        meter: Meter = current_app.extensions[_METER]
        measures = [*meter.measures(), *(_if_available(extra) if extra else [])]
        return Response(as_text(measures, service), content_type=CONTENT_TYPE)

    return metrics


def _if_available(extra: Extra) -> Iterable[Measure]:
    try:
        with reading() as db:
            return list(extra(db))
    except Unavailable:
        # Que la base no responda se ve en las demás medidas, que sí están.
        return []
