"""Los tipos de campo que son texto: limpios, visibles y de un largo conocido."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import GroupedMetadata
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from common.validators import phone

# Además de los de control, los que no se ven o invierten el texto: con ellos dos nombres distintos se
# leen iguales. Los que unen emojis y letras se admiten.
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Co"}

_JOINERS = "\u200c\u200d"


# Lo publicado: algo visible, sin caracteres de control dentro; los espacios de los lados se quitan.
_VISIBLE = r"^\s*[^\s\x00-\x1f\x7f-\x9f]"

_LINE_PATTERN = _VISIBLE + r"[^\x00-\x1f\x7f-\x9f]*\s*$"

_LINES_PATTERN = _VISIBLE + r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*\s*$"

_SEARCH_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"


def published(pattern: str) -> Any:
    """El patrón va solo en el esquema: quien no lo cumple merece una frase y no «no tiene el formato»."""
    return Field(json_schema_extra={"pattern": pattern})


def _clean(value: str) -> str:
    text = unicodedata.normalize("NFC", value)
    if any(unicodedata.category(c) in _INVISIBLE and c not in "\n\r\t" + _JOINERS for c in text):
        raise ValueError("tiene caracteres invisibles o de control que no se admiten")
    if text and not text.strip(_JOINERS):
        raise ValueError("no puede estar vacío")
    return text


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value or "\t" in value:
        raise ValueError("debe ser una sola línea")
    return value


def _at_most(limit: int) -> Any:
    """El límite se mide como llega, antes de quitar los espacios: así es el que se publica."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > limit:
            raise ValueError(f"admite hasta {limit} caracteres")
        return value

    return BeforeValidator(check)


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """Un texto sin espacios a los lados, de 1 a `limit` caracteres, de una línea o de varias."""

    limit: int
    lines: bool = False

    def __iter__(self) -> Iterator[Any]:
        """Las reglas que pydantic aplica."""
        yield StringConstraints(strip_whitespace=True, min_length=1, max_length=self.limit)
        yield _at_most(self.limit)
        yield AfterValidator(_clean)
        if not self.lines:
            yield AfterValidator(_one_line)
        yield published(_LINES_PATTERN if self.lines else _LINE_PATTERN)


Code = Annotated[str, Text(50)]

Line = Annotated[str, Text(200)]

Reason = Annotated[str, Text(500, lines=True)]

Paragraph = Annotated[str, Text(10_000, lines=True)]

Phone = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(phone),
    published(r"^[\s().-]*\+?[\s().-]*([0-9][\s().-]*){7,15}$"),
]


_EMAIL_PATTERN = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"


_EMAIL = re.compile(_EMAIL_PATTERN)


def _email(value: str) -> str:
    address = value.strip().lower()
    if len(value) > 254 or not _EMAIL.fullmatch(address) or ".." in address:
        raise ValueError("no es un correo electrónico válido")
    return address


Email = Annotated[
    str,
    AfterValidator(_email),
    WithJsonSchema(
        # Sin `format`: los espacios de los lados se quitan, y él no los admite.
        {"type": "string", "pattern": rf"^\s*{_EMAIL_PATTERN}\s*$", "maxLength": 254}
    ),
]

Search = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    _at_most(100),
    AfterValidator(_clean),
    published(_SEARCH_PATTERN),
]


# Un filtro que se compara entero: vacío no es «todos», es un error.
Filter = Line
