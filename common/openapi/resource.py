"""Las rutas de un recurso y la etiqueta que las reúne en el OpenAPI."""

from typing import NamedTuple

from flask import Blueprint


class Tag(NamedTuple):
    """Un grupo de operaciones del documento: cómo se llama y qué trae."""

    name: str
    description: str


class Resource(Blueprint):
    """Un blueprint que dice bajo qué etiqueta se publica."""

    def __init__(self, name: str, import_name: str, tag: Tag) -> None:
        super().__init__(name, import_name)
        self.tag = tag
