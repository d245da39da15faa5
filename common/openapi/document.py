"""El documento OpenAPI 3.1 de un servicio, sacado de lo que sus rutas declaran."""

from collections.abc import Callable, Iterator
from inspect import getdoc
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from common import VERSION
from common.openapi.examples import Schema, example, without_examples
from common.openapi.resource import Resource, Tag
from common.openapi.responses import ERROR_SCHEMA, HEADERS, JSON, REF, responses
from common.permissions import DESCRIPTIONS
from common.services import ServiceInfo
from common.web.contract import PARAMETER, Contract, contract_of, template
from common.web.field_numbers import MAX_ID

# Lo que no es de los clientes de la API.
HIDDEN = ("docs.", "metrics.")

DESCRIPTION = """Toda respuesta es JSON con una de dos formas: `{"success": true, "data": …}` o
`{"success": false, "message", "code", "errors", "request_id"}`; `errors` trae todo lo que está mal.

El dinero va en dólares con dos decimales y las cantidades con hasta tres, como números JSON. Los días son de
la clínica (`AAAA-MM-DD`) y los instantes llevan su desfase (ISO 8601); sin desfase se entienden en la hora de
la clínica. Una clave o un parámetro desconocido es un error, nunca se ignora.

Con `X-Request-ID` (letras, dígitos, punto, guion y guion bajo, hasta 64) el cliente puede nombrar su
petición; el mismo identificador vuelve en la respuesta y queda en los registros."""


def build_spec(app: Flask, info: ServiceInfo) -> dict[str, Any]:
    """El documento completo; se arma una vez por aplicación."""
    cached: dict[str, Any] | None = app.extensions.get("openapi")
    if cached is None:
        cached = app.extensions["openapi"] = _build(app, info)
    return cached


def _build(app: Flask, info: ServiceInfo) -> dict[str, Any]:
    operations = list(declared_operations(app))
    schemas = _schemas([contract for *_, contract in operations])
    paths: dict[str, Any] = {}
    for rule, method, view, contract in operations:
        operation = {"tags": [_tag(app, rule).name], **_operation(rule, view, contract, schemas)}
        paths.setdefault(template(rule.rule), {})[method.lower()] = operation
    title = f"{info.title} · Sistema de Gestión Clínica"
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/", "description": "El servidor que entrega este documento."}],
        "tags": _tags(app, [rule for rule, *_ in operations]),
        "paths": paths,
        "components": {
            "schemas": {**without_examples(schemas), "Error": ERROR_SCHEMA},
            "headers": HEADERS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def declared_operations(app: Flask) -> Iterator[tuple[Rule, str, Callable[..., Any], Contract]]:
    """Lo que se publica, por dirección y verbo."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint.startswith(HIDDEN):
            continue
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, view, contract_of(view)


def _tag(app: Flask, rule: Rule) -> Tag:
    name = rule.endpoint.partition(".")[0]
    blueprint = app.blueprints[name]
    return blueprint.tag if isinstance(blueprint, Resource) else Tag(name, name)


def _tags(app: Flask, rules: list[Rule]) -> list[dict[str, str]]:
    found = dict.fromkeys(_tag(app, rule) for rule in rules)
    return [tag._asdict() for tag in found]


def _models(contracts: list[Contract]) -> Iterator[tuple[type[BaseModel], Any]]:
    for contract in contracts:
        if contract.body is not None:
            yield contract.body, "validation"
        if contract.data is not None:
            yield contract.data, "serialization"


def _schemas(contracts: list[Contract]) -> dict[str, Schema]:
    pairs = list(dict.fromkeys(_models(contracts)))
    _, document = models_json_schema(pairs, ref_template=REF)
    schemas: dict[str, Schema] = _numeric_defaults(document.get("$defs", {}))
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


def _operation(
    rule: Rule, view: Callable[..., Any], contract: Contract, schemas: dict[str, Schema]
) -> dict[str, Any]:
    doc = getdoc(view) or ""
    summary, _, description = doc.partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": view.__name__,
        "summary": summary,
        "description": _described(description, contract),
        "parameters": [*_path_parameters(rule), *_query_parameters(contract), *_headers(contract)],
        "responses": responses(rule, contract, doc, schemas),
        "security": _security(contract),
    }
    if contract.body is not None:
        operation["requestBody"] = _request_body(contract.body, schemas)
    return operation


def _security(contract: Contract) -> list[dict[str, list[str]]]:
    if contract.access is not None:
        return [{"bearer": []}]
    return [{}, {"bearer": []}] if contract.optional_token else []


def _request_body(body: type[BaseModel], schemas: dict[str, Schema]) -> dict[str, Any]:
    schema = {"$ref": REF.format(model=body.__name__)}
    content = {"schema": schema, "example": example(schema, schemas)}
    return {"required": True, "content": {JSON: content}}


def _described(description: str, contract: Contract) -> str:
    if contract.access is None:
        needs = "Pública: no exige token."
    elif not contract.access:
        needs = "Exige haber entrado."
    else:
        needs = "Exige: " + ", ".join(f"`{p.value}` ({DESCRIPTIONS[p]})" for p in contract.access)
    return f"{description}\n\n{needs}".strip()


def _path_parameters(rule: Rule) -> Iterator[dict[str, Any]]:
    for kind, name in PARAMETER.findall(rule.rule):
        number = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
        schema = number if kind == "int" else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(contract: Contract) -> Iterator[dict[str, Any]]:
    if contract.query is None:
        return
    schema = without_examples(_numeric_defaults(contract.query.model_json_schema(ref_template=REF)))
    required = schema.get("required", [])
    for name, member in schema["properties"].items():
        yield _query_parameter(name, member, is_required=name in required)


def _query_parameter(name: str, member: Schema, *, is_required: bool) -> dict[str, Any]:
    """En una dirección un parámetro está o falta: no puede ser null."""
    parameter: dict[str, Any] = {"name": name, "in": "query", "required": is_required}
    if words := member.pop("description", ""):
        parameter["description"] = words
    schema = {**member, **next((o for o in member.get("anyOf", []) if o != {"type": "null"}), {})}
    without = {"anyOf", "title", *(["default"] if schema.get("default", "") is None else [])}
    parameter["schema"] = {key: value for key, value in schema.items() if key not in without}
    return parameter


def _headers(contract: Contract) -> Iterator[dict[str, Any]]:
    if contract.idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Con la misma clave y el mismo cuerpo se repite la primera respuesta.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }
    if contract.conditional:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "El ETag que se leyó; si el recurso cambió desde entonces, 412.",
            "schema": {"type": "string"},
        }
