"""El documento OpenAPI 3.1 de un servicio, sacado de lo que sus rutas declaran."""

from collections.abc import Callable, Iterator
from inspect import getdoc
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from common import VERSION
from common.openapi.examples import Schema, example
from common.openapi.responses import ERROR_SCHEMA, HEADERS, JSON, REF, responses
from common.openapi.words import words_for
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

SRI = ("Facturación electrónica", "Quién emite, los comprobantes y su autorización por el SRI.")
TAGS = {
    "house": ("Servicio", "Salud y descripción de este servicio."),
    "sessions": ("Sesión", "Entrar, registrarse, la cuenta propia y salir."),
    "users": ("Usuarios", "Las cuentas de los demás."),
    "roles": ("Roles", "Roles, permisos y menú."),
    "access": ("Roles", "Roles, permisos y menú."),
    "audit": ("Auditoría", "Quién hizo qué, y si el registro sigue entero."),
    "products": ("Productos", "Productos y su kardex."),
    "treatments": ("Tratamientos", "Tratamientos y sus recetas de insumos."),
    "patients": ("Pacientes", "Pacientes y sus antecedentes."),
    "record": ("Historia clínica", "La historia entera de un paciente y quién la ha visto."),
    "notes": ("Notas clínicas", "Notas de las citas y sus versiones."),
    "invoices": ("Facturas", "Facturas y sus totales."),
    "payments": ("Cobros", "Lo que se cobra de cada factura."),
    "credit_notes": ("Notas de crédito", "Lo que se devuelve de una factura emitida."),
    "pdf": ("Facturas", "Facturas y sus totales."),
    "sri_documents": SRI,
    "expenses": ("Gastos", "Gastos de operación."),
    "receivables": ("Resultados", "Lo que se ganó en un período y lo que falta cobrar."),
    "reports": ("Resultados", "Lo que se ganó en un período y lo que falta cobrar."),
    "sri_reports": (
        "Declaración al SRI",
        "Ventas por tarifa, libro de ventas, números y paquete del mes.",
    ),
    "sri_settings": SRI,
    "appointments": ("Citas", "La agenda y el estado de las citas."),
    "calendar": ("Doctores", "Horarios, ausencias y turnos."),
    "lines": ("Visita", "Los tratamientos y extras de una cita."),
    "doctors": ("Doctores", "Horarios, ausencias y turnos."),
}


def build_spec(app: Flask, info: ServiceInfo) -> dict[str, Any]:
    """El documento completo; se arma una vez por aplicación."""
    cached: dict[str, Any] | None = app.extensions.get("openapi")
    if cached is None:
        cached = app.extensions["openapi"] = _build(app, info)
    return cached


def _build(app: Flask, info: ServiceInfo) -> dict[str, Any]:
    operations = list(_operations(app))
    schemas = _schemas([contract for *_, contract in operations])
    paths: dict[str, Any] = {}
    for rule, method, view, contract in operations:
        path = template(rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(rule, view, contract, schemas)
    title = f"{info.title} · Sistema de Gestión Clínica"
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/", "description": "El servidor que entrega este documento."}],
        "tags": _tags([rule for rule, *_ in operations]),
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": ERROR_SCHEMA},
            "headers": HEADERS,
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


def _tag(rule: Rule) -> tuple[str, str]:
    blueprint = rule.endpoint.partition(".")[0]
    return TAGS.get(blueprint, (blueprint, blueprint))


def _tags(rules: list[Rule]) -> list[dict[str, str]]:
    found = dict.fromkeys(_tag(rule) for rule in rules)
    return [{"name": name, "description": description} for name, description in found]


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
    for name, schema in schemas.items():
        for field, member in schema.get("properties", {}).items():
            _explain(name, field, member)
    return schemas


def _explain(owner: str, field: str, member: Schema) -> None:
    """Le agrega a un campo lo que su nombre no dice."""
    words = words_for(owner, field)
    if words and words not in member.get("description", ""):
        member["description"] = f"{words} {member.get('description', '')}".strip()


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
        "tags": [_tag(rule)[0]],
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
    schema = _numeric_defaults(contract.query.model_json_schema(ref_template=REF))
    required = schema.get("required", [])
    for name, member in schema["properties"].items():
        _explain("", name, member)
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
