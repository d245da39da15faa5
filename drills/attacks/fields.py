"""Cada campo de cada cuerpo publicado, con cada valor hostil: se rechaza, o queda limpio y sin más."""

import copy
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from drills.hostile import ANYWHERE, BODIES, IN_TEXTS
from drills.house import House
from drills.records.published import Operation, Schema
from scripts.demo.cedulas import cedula
from scripts.trials.calls import Reply

Path = tuple[str | int, ...]

# Los menús se contienen a sí mismos.
MAX_DEPTH = 5
# Donde va el valor hostil, mientras se arma el cuerpo.
_HOLE = "«aquí»"
# Lo que no puede repetirse, para que un cuerpo se admita más de una vez.
_numbers = count(7_000)
_FRESH: dict[str, Callable[[int], str]] = {
    "doc_number": cedula,
    "email": lambda number: f"hostil{number}@clinica.test",
    "sku": lambda number: f"HOSTIL-{number}",
    "name": lambda number: f"Nombre {number}",
}
# Lo que el programa normaliza además de limpiar; lo demás queda letra por letra.
_NORMAL: dict[str, Callable[[str], str]] = {
    "email": str.lower,
    **dict.fromkeys(("doc_number", "id_number", "code", "sku"), str.upper),
    **dict.fromkeys(("phone", "emergency_contact_phone"), lambda text: re.sub(r"[\s().-]", "", text)),
}


class Probe:
    """Ataca el cuerpo de una operación.

    :param ids: los identificadores de filas que existen, por su nombre.
    """

    def __init__(self, house: House, operation: Operation, ids: dict[str, int]) -> None:
        self._house = house
        self._operation = operation
        self._ids = ids
        self._where = operation.at(**{name: ids[name] for name in operation.ids})
        self.sent = self.stored = 0
        self.problems: list[str] = []

    def attack(self) -> None:
        """Manda todo; anota los 5xx, lo que se acepta sin ser un cuerpo y lo que quedó distinto."""
        assert self._operation.body
        for kind, body in BODIES:
            reply = self._send(body, {"Content-Type": kind})
            if not 400 <= reply.status < 500:
                self.problems.append(f"{self._operation} con {kind} {body[:30]!r}: {reply.status}")
        for path, is_text in fields(self._operation.body):
            for payload in ANYWHERE + IN_TEXTS * is_text:
                self._put(path, payload, is_text=is_text)

    def _put(self, path: Path, payload: str, *, is_text: bool) -> None:
        body = json.dumps(_filled(self._base(path), path)).replace(json.dumps(_HOLE), payload, 1)
        reply = self._send(body.encode())
        if reply.status >= 500:
            problem = str(reply.status)
        elif reply.status < 300 and is_text and not self._is_stored(path, payload, reply):
            problem = "quedó distinto"
        else:
            return
        self.problems.append(f"{self._operation}, {path} = {payload[:60]}: {problem}")

    def _send(self, body: bytes, headers: dict[str, str] | None = None) -> Reply:
        self.sent += 1
        operation = self._operation
        return self._house.admin.call(operation.service, operation.method, self._where, body, headers)

    def _base(self, path: Path) -> Any:
        """El cuerpo que puede servir: en un cambio parcial, solo lo que se prueba."""
        example = copy.deepcopy(self._operation.example)
        if self._operation.method == "PUT":
            return {path[0]: example[path[0]]} if len(path) > 1 and path[0] in example else {}
        number = next(_numbers)
        return _rooted(example, self._ids) | {k: fresh(number) for k, fresh in _FRESH.items() if k in example}

    def _is_stored(self, path: Path, payload: str, reply: Reply) -> bool:
        """Si lo aceptado es lo enviado, sin los espacios de los lados y en forma NFC."""
        # Sin nada en su sitio, una lista queda vacía.
        value = json.loads(payload or "null")
        name = next(part for part in reversed(path) if isinstance(part, str))
        answered = list(_leaves(reply.json.get("data")))
        if not isinstance(value, str) or name not in dict(answered):
            return True
        self.stored += 1
        return cleaned(name, value) in [text for _, text in answered]


def fields(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """El camino a cada campo de un esquema y si es de texto libre; de una lista, el de su primer elemento."""
    for option in schema.get("anyOf", (schema,)):
        inner = [((*path, name), member) for name, member in option.get("properties", {}).items()]
        if "items" in option and len(path) < MAX_DEPTH:
            inner.append(((*path, 0), option["items"]))
        for where, member in inner:
            yield where, any(map(_is_free_text, member.get("anyOf", (member,))))
            yield from fields(member, where)


def _is_free_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format"}


def cleaned(name: str, text: str) -> str:
    """Como tiene que quedar un texto."""
    plain = unicodedata.normalize("NFC", text.strip())
    return _NORMAL[name](plain) if name in _NORMAL else plain


def _filled(base: Any, path: Path) -> Any:
    """El cuerpo con el hueco en ese camino, creando lo que falte hasta él."""
    if not path:
        return _HOLE
    first, *rest = path
    if isinstance(first, int):
        held = base or []
        return [_filled(held[0] if held else None, tuple(rest)), *held[1:]]
    held = base or {}
    return {**held, first: _filled(held.get(first), tuple(rest))}


def _rooted(value: Any, ids: dict[str, int]) -> Any:
    """El ejemplo con identificadores de filas que existen."""
    if isinstance(value, list):
        return [_rooted(item, ids) for item in value]
    if not isinstance(value, dict):
        return value
    return {k: ids[k] if k in ids and isinstance(v, int) else _rooted(v, ids) for k, v in value.items()}


def _leaves(data: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Los valores de una respuesta, cada uno con su nombre."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, key)
    elif isinstance(data, list):
        for value in data:
            yield from _leaves(value, name)
    else:
        yield name, data
