"""El contrato de los cinco servicios en un texto que se revisa de un vistazo: `python -m scripts.contract`.

Escribe `docs/contrato.txt`: una línea por operación y después cada forma con sus campos. Va con el código: un
cambio de contrato se ve al revisarlo, y una prueba los compara. No levanta nada.
"""

from collections.abc import Iterator
from typing import Any

from flask import Flask
from pydantic import BaseModel

from common.config import PROJECT_ROOT
from common.openapi.document import build_spec, declared_operations
from common.services import SERVICES, ServiceInfo
from common.web.contract import Contract, answers, template
from scripts.specs import app_of

Schema = dict[str, Any]
PATH = PROJECT_ROOT / "docs" / "contrato.txt"

HEADING = """\
# El contrato de los cinco servicios. Lo escribe `python -m scripts.contract`; no se edita a mano.
# VERBO dirección [permiso] ?parámetros <cuerpo → respuesta · archivos · estados; con i admite Idempotency-Key
# y con m, If-Match.
# forma: campo opcional con «?», tipo, límites entre paréntesis y «= valor si falta».
"""
LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")


def render() -> str:
    """El texto entero."""
    return "\n".join([HEADING, *(_service(info) for info in SERVICES.values())])


def _service(info: ServiceInfo) -> str:
    app = app_of(info)
    spec = build_spec(app, info)
    forms = spec["components"]["schemas"] | _queries(app, spec)
    inline = {c.data.__name__ for *_, c in declared_operations(app) if c.data and _is_wrapper(c.data)}
    shown = [line for name in sorted(forms.keys() - inline) for line in _form(name, forms[name])]
    return "\n".join([f"## {info.package}\n", *sorted(_lines(app, spec), key=_address), "", *shown, ""])


def _address(line: str) -> tuple[str, str]:
    verb, address = line.split()[:2]
    return address, verb


def _lines(app: Flask, spec: Schema) -> Iterator[str]:
    for rule, verb, _, contract in declared_operations(app):
        operation = spec["paths"][template(rule.rule)][verb.lower()]
        yield " ".join(filter(None, [verb, template(rule.rule), *_parts(contract, operation)]))


def _parts(contract: Contract, operation: Schema) -> Iterator[str]:
    yield _access(contract)
    yield "i" * contract.idempotent + "m" * contract.conditional
    yield f"?{contract.query.__name__}" if contract.query else ""
    yield f"<{contract.body.__name__}" if contract.body else ""
    yield f"→ {_answer(contract.data)}"
    files = [contract.media_type] if contract.is_file else contract.files
    yield from (f"· {media_type}" for media_type in files)
    yield "· " + " ".join(operation["responses"])


def _answer(data: type[BaseModel] | None) -> str:
    if data is None:
        return "—"
    if not _is_wrapper(data):
        return data.__name__
    schema = data.model_json_schema()
    keys = (f"{key}: {_kind(member)}" for key, member in schema["properties"].items())
    return f"{{{', '.join(keys)}}}"


def _is_wrapper(data: type[BaseModel]) -> bool:
    """Si la forma solo da nombre a las claves que `@answers` declara."""
    return data.__module__ == answers.__module__


def _access(contract: Contract) -> str:
    if contract.access is None:
        return "[token opcional]" if contract.optional_token else "[pública]"
    return f"[{', '.join(contract.access) or 'haber entrado'}]"


def _queries(app: Flask, spec: Schema) -> dict[str, Schema]:
    """Las formas de los parámetros, que en el documento van dentro de cada operación."""
    found: dict[str, Schema] = {}
    for rule, verb, _, contract in declared_operations(app):
        if contract.query is not None:
            sent = spec["paths"][template(rule.rule)][verb.lower()]["parameters"]
            asked = [parameter for parameter in sent if parameter["in"] == "query"]
            found[contract.query.__name__] = {
                "properties": {parameter["name"]: parameter["schema"] for parameter in asked},
                "required": [parameter["name"] for parameter in asked if parameter["required"]],
            }
    return found


def _form(name: str, schema: Schema) -> Iterator[str]:
    yield name
    required = schema.get("required", [])
    for field, member in schema.get("properties", {}).items():
        optional = "" if field in required else "?"
        default = f" = {member['default']}" if member.get("default") is not None else ""
        yield f"  {field}{optional} {_kind(member)}{default}"


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(map(_kind, schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]{_limits(schema)}"
    return f"{schema.get('format', schema.get('type', 'object'))}{_limits(schema)}"


def _limits(schema: Schema) -> str:
    low, high = ([schema[key] for key in keys if key in schema] for keys in LIMITS)
    return f"({', '.join(map(str, low))}…{', '.join(map(str, high))})" if low or high else ""


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8", newline="\n")
