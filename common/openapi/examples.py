"""Ejemplos del OpenAPI, sacados de cada esquema: de verdad valen, y una prueba lo comprueba."""

from typing import Any

from common.web.field_words import EXAMPLE

Schema = dict[str, Any]

BY_FORMAT = {"date": "2026-11-23", "date-time": "2026-11-23T09:00:00-05:00"}
BY_TYPE: dict[str, Any] = {"integer": 7, "number": 12.5, "boolean": True, "string": "texto"}


def example(schema: Schema, components: dict[str, Schema], owner: str = "") -> Any:
    """El ejemplo que su tipo trae o, si no trae, un valor que el esquema admite."""
    if "$ref" in schema:
        owner = schema["$ref"].rpartition("/")[2]
        return example(components[owner], components, owner)
    if EXAMPLE in schema:
        return schema[EXAMPLE]
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option != {"type": "null"}]
        return example(options[0], components)
    if "properties" in schema:
        return _object(schema, components, owner)
    return _value(schema, components)


def without_examples(schema: Any) -> Any:
    """El esquema como se publica: los ejemplos van en cada operación, enteros."""
    if isinstance(schema, list):
        return [without_examples(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_examples(value) for key, value in schema.items() if key != EXAMPLE}


def _object(schema: Schema, components: dict[str, Schema], owner: str) -> dict[str, Any]:
    fields = schema["properties"]
    # De un cambio parcial bastan dos campos: enviarlos todos no es lo que se espera de nadie.
    names = list(fields)[:2] if owner.endswith("Patch") else list(fields)
    return {name: example(fields[name], components) for name in names}


def _value(schema: Schema, components: dict[str, Schema]) -> Any:
    fixed = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if fixed:
        return schema["default"] if schema.get("default") in fixed else fixed[0]
    if schema.get("type") == "array":
        return [example(schema["items"], components)] if schema.get("items") else []
    if schema.get("type") == "object":
        return {}
    return BY_FORMAT.get(schema.get("format", ""), BY_TYPE.get(schema.get("type", "")))
