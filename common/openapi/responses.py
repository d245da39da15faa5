"""Las respuestas del OpenAPI: la buena, cada error que la ruta puede dar y sus cabeceras."""

import re
from typing import Any

from werkzeug.routing import Rule

from common.errors import CONSTRAINTS
from common.openapi.examples import Schema, example
from common.web.contract import Contract

REF = "#/components/schemas/{model}"
HEADER_REF = "#/components/headers/{name}"
JSON = "application/json"
# Lo que no es JSON no tiene forma que publicar.
FILE_SCHEMA = {"type": "string", "format": "binary"}
_NAMED_CODE = re.compile(r"\b(4\d\d)\s+`(\w+)`")

ERROR_SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["success", "message", "code", "errors", "request_id"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "message": {"type": "string", "description": "Una frase para una persona."},
        "code": {"type": "string", "description": "Código estable para un programa."},
        "errors": {
            "type": "array",
            "description": "Todo lo que está mal, no lo primero.",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "request_id": {"type": "string", "description": "El de la cabecera X-Request-ID."},
        "data": {"type": "object", "description": "Datos que ayudan a resolverlo."},
    },
}

HEADERS: dict[str, Schema] = {
    "X-Request-ID": {
        "description": "Identifica la petición; el que envió el cliente, si sirve, o uno nuevo.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "Retry-After": {
        "description": "Segundos que conviene esperar.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "Idempotent-Replayed": {
        "description": "Solo en una respuesta repetida: el efecto ocurrió la primera vez.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Location": {
        "description": "La dirección de lo creado.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {
        "description": "La versión de lo que se lee; va en If-Match al cambiarlo.",
        "schema": {"type": "string"},
    },
}

# estado → qué significa, código de ejemplo
ERRORS: dict[int, tuple[str, str]] = {
    400: ("El cuerpo no es JSON o no es un objeto.", "json_invalido"),
    401: ("Falta el token o ya no sirve.", "falta_token"),
    403: ("El usuario no tiene el permiso.", "sin_permiso"),
    404: ("No existe.", "no_encontrado"),
    408: ("El cuerpo tardó demasiado en llegar.", "cuerpo_lento"),
    409: ("El estado actual no lo permite, o ya existe.", "conflicto"),
    412: ("El recurso cambió desde que se leyó (If-Match).", "version_vencida"),
    413: ("El cuerpo es demasiado grande.", "cuerpo_muy_grande"),
    415: ("El cuerpo no se declaró como JSON.", "tipo_no_admitido"),
    422: ("Hay datos que corregir.", "datos_invalidos"),
    429: ("Demasiados intentos.", "demasiados_intentos"),
    503: ("La base de datos no responde o está ocupada.", "base_no_disponible"),
}
RETRIED = (429, 503)
_PHRASES = {code: phrase for _, code, _, phrase in CONSTRAINTS.values()}


def responses(
    rule: Rule, contract: Contract, description: str, components: dict[str, Schema]
) -> dict[str, Any]:
    """Las respuestas de una operación, por estado."""
    found = {str(status): _success(contract, status, components) for status in _successes(contract)}
    named = _named_codes(description)
    for status in sorted(_possible_errors(rule, contract) | named.keys()):
        found[str(status)] = _error(status, named.get(status, []), contract)
    return found


def _successes(contract: Contract) -> tuple[int, ...]:
    return (contract.status, *contract.also)


def _named_codes(description: str) -> dict[int, list[str]]:
    """Los códigos que la documentación de la ruta nombra: «409 `horario_ocupado`»."""
    found: dict[int, list[str]] = {}
    for status, code in _NAMED_CODE.findall(description):
        found.setdefault(int(status), []).append(code)
    return found


def _possible_errors(rule: Rule, contract: Contract) -> set[int]:
    found = {422, 503, *contract.errors}
    if contract.access is not None or contract.optional_token:
        found.add(401)
    if contract.access or contract.optional_token:
        found.add(403)
    if contract.body is not None:
        found |= {400, 408, 409, 413, 415}
    if contract.idempotent:
        found.add(409)
    if contract.conditional:
        found.add(412)
    if rule.arguments:
        found.add(404)
    return found


def _success(contract: Contract, status: int, components: dict[str, Schema]) -> Schema:
    content = _file(contract) if contract.is_file else _enveloped(contract, components)
    content |= {media_type: {"schema": FILE_SCHEMA} for media_type in contract.files}
    headers = _headers("X-Request-ID", *_success_headers(contract, status))
    return {"description": "Hecho", "headers": headers, "content": content}


def _file(contract: Contract) -> Schema:
    return {
        contract.media_type: {"schema": {"type": "object"} if contract.media_type == JSON else FILE_SCHEMA}
    }


def _enveloped(contract: Contract, components: dict[str, Schema]) -> Schema:
    properties: Schema = {"success": {"type": "boolean", "const": True}, "message": {"type": "string"}}
    required = ["success"]
    value: dict[str, Any] = {"success": True}
    if contract.data is None:
        required.append("message")
        value["message"] = "Hecho."
    else:
        properties["data"] = {"$ref": REF.format(model=contract.data.__name__)}
        required.append("data")
        value["data"] = example(properties["data"], components)
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }
    return {JSON: {"schema": schema, "example": value}}


def _success_headers(contract: Contract, status: int) -> list[str]:
    sent = {
        "Location": contract.location and status == 201,
        "ETag": contract.versioned,
        "Idempotent-Replayed": contract.idempotent,
    }
    return [name for name, is_sent in sent.items() if is_sent]


def _headers(*names: str) -> Schema:
    return {name: {"$ref": HEADER_REF.format(name=name)} for name in names}


def _error(status: int, named: list[str], contract: Contract) -> Schema:
    meaning, usual = ERRORS[status]
    content: Schema = {"schema": {"$ref": REF.format(model="Error")}}
    codes = named or [usual]
    content["examples"] = {code: {"value": _error_example(status, code, contract)} for code in codes}
    headers = _headers("X-Request-ID", *(["Retry-After"] if status in RETRIED else []))
    return {"description": meaning, "headers": headers, "content": {JSON: content}}


def _error_example(status: int, code: str, contract: Contract) -> dict[str, Any]:
    return {
        "success": False,
        "message": _PHRASES.get(code, ERRORS[status][0]),
        "code": code,
        "errors": [_field_error(contract)] if status == 422 else [],
        "request_id": "0f8fad5bd9cb469fa16570867728950e",
    }


def _field_error(contract: Contract) -> dict[str, str]:
    model = contract.body or contract.query
    if model is None:
        return {"field": "otro", "message": "no es un parámetro de esta ruta"}
    return {"field": next(iter(model.model_fields)), "message": "no es un valor válido"}
