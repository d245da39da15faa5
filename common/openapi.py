"""El documento OpenAPI 3.1 de un servicio, sacado de lo que sus rutas declaran."""

import re
from collections.abc import Callable, Iterator
from inspect import getdoc
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from common import VERSION
from common.permissions import DESCRIPTIONS
from common.services import ServiceInfo
from common.web import Contract, contract_of

REF = "#/components/schemas/{model}"
HIDDEN = ("docs.",)
JSON = "application/json"
FILE_SCHEMA = {"type": "string", "format": "binary"}
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")

ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["success", "message", "code", "errors", "request_id"],
    "properties": {
        "success": {"const": False},
        "message": {"type": "string", "description": "Una frase para una persona."},
        "code": {"type": "string", "description": "Código estable para un programa."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "request_id": {"type": "string"},
        "data": {"type": "object", "description": "Datos que ayudan a resolverlo."},
    },
}

ERRORS = {
    400: "El cuerpo no es JSON o no es un objeto",
    401: "Falta el token o ya no sirve",
    403: "El usuario no tiene el permiso",
    404: "No existe",
    412: "El recurso cambió desde que se leyó (If-Match)",
    409: "El estado actual no lo permite, o ya existe",
    413: "El cuerpo es demasiado grande",
    415: "El cuerpo no se declaró como JSON",
    422: "Hay valores que no sirven",
    429: "Demasiados intentos",
    503: "La base de datos no responde",
}


def build_spec(app: Flask, info: ServiceInfo) -> dict[str, Any]:
    """El documento completo; se arma una vez por aplicación."""
    cached: dict[str, Any] | None = app.extensions.get("openapi")
    if cached is None:
        cached = app.extensions["openapi"] = _build(app, info)
    return cached


def _build(app: Flask, info: ServiceInfo) -> dict[str, Any]:
    operations = list(_operations(app))
    schemas = _schemas([contract for _, _, _, contract in operations])
    paths: dict[str, Any] = {}
    for rule, method, view, contract in operations:
        path = _PARAMETER.sub(r"{\2}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(rule, view, contract)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{info.title} · Sistema de Gestión Clínica", "version": VERSION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": ERROR_SCHEMA},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operations(app: Flask) -> Iterator[tuple[Rule, str, Callable[..., Any], Contract]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint.startswith(HIDDEN):
            continue
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, view, contract_of(view)


def _models(contracts: list[Contract]) -> Iterator[tuple[type[BaseModel], Any]]:
    for contract in contracts:
        if contract.body is not None:
            yield contract.body, "validation"
        if contract.data is not None:
            yield contract.data, "serialization"


def _schemas(contracts: list[Contract]) -> dict[str, Any]:
    pairs = list(dict.fromkeys(_models(contracts)))
    _, document = models_json_schema(pairs, ref_template=REF)
    schemas: dict[str, Any] = _numeric_defaults(document.get("$defs", {}))
    return schemas


def _numeric_defaults(schema: Any) -> Any:
    """pydantic escribe los decimales por defecto como texto; en JSON son números."""
    if isinstance(schema, list):
        return [_numeric_defaults(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    fixed = {name: _numeric_defaults(value) for name, value in schema.items()}
    if fixed.get("type") == "number" and isinstance(fixed.get("default"), str):
        fixed["default"] = float(fixed["default"])
    return fixed


def _operation(rule: Rule, view: Callable[..., Any], contract: Contract) -> dict[str, Any]:
    summary, _, description = (getdoc(view) or "").partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": view.__name__,
        "summary": summary,
        "description": _described(description, contract),
        "parameters": [*_path_parameters(rule), *_query_parameters(contract), *_headers(contract)],
        "responses": _responses(rule, contract),
    }
    if contract.body is not None:
        schema = {"$ref": REF.format(model=contract.body.__name__)}
        content = {JSON: {"schema": schema}}
        operation["requestBody"] = {"required": True, "content": content}
    if contract.access is not None:
        operation["security"] = [{"bearer": []}]
    elif contract.optional_token:
        operation["security"] = [{}, {"bearer": []}]
    return operation


def _described(description: str, contract: Contract) -> str:
    if contract.access is None:
        needs = "Pública: no exige token."
    elif not contract.access:
        needs = "Exige haber entrado."
    else:
        needs = "Exige: " + ", ".join(f"`{p.value}` ({DESCRIPTIONS[p]})" for p in contract.access)
    return f"{description}\n\n{needs}".strip()


def _path_parameters(rule: Rule) -> Iterator[dict[str, Any]]:
    for kind, name in _PARAMETER.findall(rule.rule):
        schema = {"type": "integer", "minimum": 1} if kind == "int" else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(contract: Contract) -> Iterator[dict[str, Any]]:
    if contract.query is None:
        return
    schema = _numeric_defaults(contract.query.model_json_schema(ref_template=REF))
    required = schema.get("required", [])
    for name, member in schema["properties"].items():
        yield {"name": name, "in": "query", "required": name in required, "schema": member}


def _headers(contract: Contract) -> Iterator[dict[str, Any]]:
    if contract.idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Con la misma clave y el mismo cuerpo se repite la primera respuesta.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }
    if contract.conditional:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "El ETag que se leyó; si el recurso cambió desde entonces, 412.",
            "schema": {"type": "string"},
        }


def _responses(rule: Rule, contract: Contract) -> dict[str, Any]:
    responses = {str(contract.status): _success(contract)}
    responses |= {str(status): _success(contract) for status in contract.also}
    for status in _possible_errors(rule, contract):
        schema = {"$ref": REF.format(model="Error")}
        content = {JSON: {"schema": schema}}
        responses[str(status)] = {"description": ERRORS[status], "content": content}
    return responses


def _success(contract: Contract) -> dict[str, Any]:
    if contract.media_type != JSON:
        return {"description": "El archivo", "content": {contract.media_type: {"schema": FILE_SCHEMA}}}
    properties: dict[str, Any] = {"success": {"const": True}, "message": {"type": "string"}}
    required = ["success"]
    if contract.data is not None:
        properties["data"] = {"$ref": REF.format(model=contract.data.__name__)}
        required.append("data")
    schema = {"type": "object", "required": required, "properties": properties}
    answer: dict[str, Any] = {"description": "Hecho"}
    answer["content"] = {JSON: {"schema": schema}}
    headers = {"Location": contract.location, "ETag": contract.versioned}
    if any(headers.values()):
        answer["headers"] = {name: {"schema": {"type": "string"}} for name, sent in headers.items() if sent}
    return answer


def _possible_errors(rule: Rule, contract: Contract) -> list[int]:
    found = {422, 503, *contract.errors}
    if contract.access is not None or contract.optional_token:
        found |= {401, 403}
    if contract.body is not None:
        found |= {400, 409, 413, 415}
    if contract.idempotent:
        found.add(409)
    if contract.conditional:
        found.add(412)
    if rule.arguments:
        found.add(404)
    return sorted(found)
