"""Toda respuesta que pasa por las pruebas se compara con el OpenAPI que el servicio publica.

La juzga un validador ajeno al programa. Donde no está instalado (un servicio que se prueba solo en su
carpeta) no se compara.
"""

import json
import re
from functools import cache
from importlib.util import find_spec
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

IS_AVAILABLE = find_spec("openapi_schema_validator") is not None
OUTSIDE = {404, 405}


def check(app: Flask, response: TestResponse) -> None:
    """Falla si la respuesta no es una de las que el documento promete para esa operación."""
    if not IS_AVAILABLE or response.request.method in ("OPTIONS", "HEAD"):
        return
    endpoint, path = _route(app, response)
    if endpoint is None:
        assert response.status_code in OUTSIDE
        _check_body(response, _validator(app, ("components", "schemas", "Error")))
    elif not endpoint.startswith(("docs.", "toy.broken", "toy.liar")):
        _check_operation(app, path, response)


def _route(app: Flask, response: TestResponse) -> tuple[str | None, str]:
    try:
        rule, _ = app.url_map.bind("localhost").match(
            response.request.path, response.request.method, return_rule=True
        )
    except HTTPException:
        return None, ""
    return rule.endpoint, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def _check_operation(app: Flask, path: str, response: TestResponse) -> None:
    place = ("paths", path, response.request.method.lower(), "responses")
    documented = _at(app, place)
    status = str(response.status_code)
    assert status in documented, f"{place[2]} {path} respondió {status}, que no publica: {response.text}"
    answer = documented[status]
    _check_headers(app, answer["headers"], response)
    assert response.mimetype in answer["content"], f"{path}: {response.mimetype}"
    if response.mimetype == "application/json":
        _check_body(response, _validator(app, (*place, status, "content", response.mimetype, "schema")))


def _check_headers(app: Flask, headers: dict[str, Any], response: TestResponse) -> None:
    for name in headers:
        header = _at(app, ("components", "headers", name))
        assert name in response.headers or not header.get("required"), f"falta la cabecera {name}"
    for name in ("Location", "ETag", "Retry-After", "Idempotent-Replayed"):
        assert name not in response.headers or name in headers, f"{name} no está publicada"


def _check_body(response: TestResponse, validator: Any) -> None:
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(response.json)]
    assert problems == [], f"{response.request.method} {response.request.path}: {problems}"


def spec_of(app: Flask) -> dict[str, Any]:
    """El documento que publica una aplicación."""
    from common.openapi.document import build_spec
    from common.services import SERVICES

    info = next(info for info in SERVICES.values() if info.package == app.import_name)
    # Como lo lee un cliente: después de pasar por JSON.
    return json.loads(json.dumps(build_spec(app, info)))


_spec_of = cache(spec_of)


def _at(app: Flask, place: tuple[str, ...]) -> Any:
    found: Any = _spec_of(app)
    for key in place:
        found = found[key]
    return found


@cache
def _validator(app: Flask, place: tuple[str, ...]) -> Any:
    return validator_for(_at(app, place), _spec_of(app))


def validator_for(schema: dict[str, Any], spec: dict[str, Any]) -> Any:
    """El validador de un esquema que puede referirse a los del documento."""
    from openapi_schema_validator import OAS31Validator, oas31_format_checker

    whole = {"allOf": [schema], "components": spec["components"]}
    return OAS31Validator(whole, format_checker=oas31_format_checker)
