"""`ETag` e `If-Match`: nadie pisa lo que otra persona cambió mientras tanto.

La etiqueta resume lo que se puede editar de un recurso, no toda su forma: que se mueva la existencia de un
producto no estorba a quien le está corrigiendo el nombre. Aquí no hay Flask: las rutas leen la cabecera y
las operaciones comprueban, con la fila ya bloqueada.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from common.errors import PreconditionFailed
from common.web.json_text import to_json


@dataclass(frozen=True)
class Versioned:
    """Un recurso con versión: bajo qué clave va en `data` y qué campos se editan en él."""

    key: str
    fields: tuple[str, ...]

    def version(self, row: Mapping[str, Any]) -> str:
        """La etiqueta de una fila, sin comillas."""
        content = to_json([row[name] for name in self.fields])
        return hashlib.sha256(content).hexdigest()[:32]


@dataclass(frozen=True)
class Expected:
    """Lo que el cliente cree que hay: las etiquetas de `If-Match`, o nada si no la envió."""

    versions: frozenset[str] | None = None
    anything: bool = False

    def check(self, resource: Versioned, read: Callable[[], Mapping[str, Any] | None]) -> None:
        """Comprueba que la fila, ya bloqueada, siga siendo la que el cliente leyó.

        :param read: la lee; sin `If-Match` no hace falta.
        :raises PreconditionFailed: si cambió, o si no existe y se esperaba.
        """
        if self.versions is None:
            return
        row = read()
        if row is None or not (self.anything or resource.version(row) in self.versions):
            raise PreconditionFailed("Otra persona cambió estos datos; vuelva a leerlos antes de guardar.")


# Sin If-Match no se comprueba nada.
UNCONDITIONAL = Expected()
