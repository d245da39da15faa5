"""Lo que el nombre de un campo no dice: su unidad, qué incluye, cuándo falta, y un valor de ejemplo.

Va en el tipo del campo: `Annotated[Number, Says("Dólares.", example=45.5)]`. Una prueba exige que todo número
publicado diga así su unidad, o en su nombre.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

# Clave del esquema con la que el ejemplo viaja hasta el documento, que no la publica.
EXAMPLE = "x-example"
_NO_EXAMPLE: Any = object()


@dataclass(frozen=True)
class Says:
    """Unas palabras, antes de las que ya tenga el tipo, y el valor que toma en los ejemplos."""

    words: str = ""
    example: Any = _NO_EXAMPLE

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """El esquema del campo con lo que aquí se dice."""
        schema = dict(handler(core))
        if self.words:
            schema["description"] = f"{self.words} {schema.get('description', '')}".strip()
        if self.example is not _NO_EXAMPLE:
            schema[EXAMPLE] = self.example
        return schema
