"""Un documento XML como datos: cada nodo es su etiqueta y su contenido, y el orden en que se escriben es el
orden en que salen, que el SRI exige."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Union

from lxml import etree

# Lo que XML 1.0 no admite, más los demás controles: rompen el documento o lo que se imprime de él.
_UNWANTED = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANKS = re.compile(r"\s+")

Content = Union[str, None, "tuple[Node, ...]"]


@dataclass(frozen=True)
class Node:
    """Un elemento: un texto, otros elementos o, si es `None`, nada: el elemento no va."""

    tag: str
    content: Content
    attributes: dict[str, str] = field(default_factory=dict)


def nodes(*pairs: tuple[str, Content]) -> tuple[Node, ...]:
    """Los elementos de unos pares etiqueta y contenido, en su orden."""
    return tuple(Node(tag, content) for tag, content in pairs)


def repeated(tag: str, contents: Iterable[tuple[Node, ...]]) -> tuple[Node, ...]:
    """Un elemento con esa etiqueta por cada contenido."""
    return tuple(Node(tag, content) for content in contents)


def render(root: Node) -> bytes:
    """El documento en UTF-8, sin espacios de adorno: se firma tal cual."""
    body: bytes = etree.tostring(_element(root), encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _element(node: Node) -> etree._Element:
    element = etree.Element(node.tag, node.attributes)
    if isinstance(node.content, str):
        element.text = node.content
    elif node.content is not None:
        element.extend(_element(child) for child in node.content if child.content is not None)
    return element


def text(value: str | None) -> str | None:
    """Un texto en una línea, sin caracteres de control ni espacios de más; `None` si no queda nada."""
    clean = _UNWANTED.sub(" ", value or "")
    return _BLANKS.sub(" ", clean).strip() or None


def day(value: date) -> str:
    """Una fecha como la escribe el SRI: dd/mm/aaaa."""
    return f"{value:%d/%m}/{value.year:04d}"


def money(amount: Decimal) -> str:
    """Un monto en dólares con dos decimales y punto."""
    return f"{amount:.2f}"


def quantity(value: Decimal) -> str:
    """Una cantidad o un precio, con dos a seis decimales."""
    whole, _, decimals = f"{value:.6f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"
