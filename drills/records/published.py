"""Lo que los cinco servicios publican de sí mismos: de ahí sacan los ensayos qué atacar."""

import re
from dataclasses import dataclass
from typing import Any

from common.services import SERVICES
from drills.house import House

Schema = dict[str, Any]

_NEEDS = re.compile(r"^Exige: (.*)$", re.MULTILINE)
_PERMISSION = re.compile(r"`([a-z]+:[a-z]+)`")
_ID = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Operation:
    """Una operación publicada.

    :param path: dentro de su servicio, con los identificadores entre llaves.
    :param permissions: los que exige; ninguno, si basta con haber entrado o si es pública.
    :param body: el esquema del cuerpo, con sus referencias resueltas.
    """

    service: str
    method: str
    path: str
    permissions: frozenset[str]
    is_public: bool
    query: tuple[str, ...]
    body: Schema | None
    example: Any

    def __str__(self) -> str:
        return f"{self.method} {SERVICES[self.service].base_path}{self.path}"

    @property
    def ids(self) -> list[str]:
        """Los nombres de los identificadores de su dirección."""
        return _ID.findall(self.path)

    def at(self, **ids: object) -> str:
        """Su dirección con esos identificadores."""
        return self.path.format(**ids)

    def at_each(self, identifier: object) -> str:
        """Su dirección con el mismo en todos los sitios."""
        return _ID.sub(str(identifier), self.path)


def operations(house: House) -> list[Operation]:
    """Las operaciones de los cinco servicios."""
    nobody = house.nobody
    return [
        _operation(service, method, path, published, spec["components"]["schemas"])
        for service in SERVICES
        for spec in [nobody.call(service, "GET", "/openapi.json").json]
        for path, methods in spec["paths"].items()
        for method, published in methods.items()
    ]


def _operation(
    service: str, method: str, path: str, published: Schema, schemas: dict[str, Schema]
) -> Operation:
    needs = _NEEDS.search(published["description"])
    content = published.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        service=service,
        method=method.upper(),
        path=path.removeprefix(SERVICES[service].base_path),
        permissions=frozenset(_PERMISSION.findall(needs[1]) if needs else ()),
        is_public=published["security"] != [{"bearer": []}],
        query=tuple(p["name"] for p in published["parameters"] if p["in"] == "query"),
        body=_resolved(content["schema"], schemas) if content else None,
        example=content.get("example"),
    )


def _resolved(schema: Any, schemas: dict[str, Schema], depth: int = 0) -> Any:
    """El esquema sin referencias; las que se contienen a sí mismas, hasta unos niveles."""
    if isinstance(schema, list):
        return [_resolved(item, schemas, depth) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _resolved(schemas[name], schemas, depth + 1) if depth < 8 else {}
    return {key: _resolved(value, schemas, depth) for key, value in schema.items()}
