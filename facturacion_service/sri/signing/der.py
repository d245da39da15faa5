"""Un lector mínimo de ASN.1: lo justo para leer un certificado y un .p12 tal como están escritos.

Lee DER (X.690) y, porque hay entidades que escriben así sus .p12, también BER de longitud indefinida.
"""

from collections.abc import Iterator
from dataclasses import dataclass

INTEGER = 0x02
_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_INDEFINITE = 0x80
_END = b"\x00\x00"
_MAX_DEPTH = 40  # un .p12 no pasa de veinte; más, es un archivo hecho para agotar la pila


@dataclass(frozen=True)
class Node:
    """Un elemento: su etiqueta, lo que contiene y sus bytes completos."""

    tag: int
    content: bytes
    encoded: bytes

    def children(self) -> list["Node"]:
        """Los elementos que contiene."""
        return parse(self.content)

    def octets(self, depth: int = 0) -> bytes:
        """El contenido de una cadena, que en BER puede venir en trozos."""
        if not self.tag & _CONSTRUCTED:
            return self.content
        if depth > _MAX_DEPTH:
            raise ValueError("no es ASN.1")
        return b"".join(child.octets(depth + 1) for child in self.children())


def parse(data: bytes) -> list[Node]:
    """Los elementos que hay seguidos en unos bytes.

    :raises ValueError: si no son ASN.1 o sobra algo al final.
    """
    nodes, at = [], 0
    while at < len(data):
        node, at = _read(data, at)
        nodes.append(node)
    return nodes


def parse_one(data: bytes) -> Node:
    """El único elemento que hay en unos bytes.

    :raises ValueError: si no son ASN.1 o no hay uno solo.
    """
    nodes = parse(data)
    if len(nodes) != 1:
        raise ValueError("no es un solo elemento ASN.1")
    return nodes[0]


def first(data: bytes) -> Node:
    """El primer elemento, sin mirar lo que le siga.

    :raises ValueError: si los bytes no son ASN.1.
    """
    return _read(data, 0)[0]


def primitives(data: bytes, depth: int = 0) -> Iterator[Node]:
    """Los elementos sin hijos, por hondos que estén.

    :raises ValueError: si los bytes no son ASN.1.
    """
    if depth > _MAX_DEPTH:
        raise ValueError("no es ASN.1")
    for node in parse(data):
        if node.tag & _CONSTRUCTED:
            yield from primitives(node.content, depth + 1)
        else:
            yield node


def dotted(oid: bytes) -> str:
    """Un identificador de objeto, de su contenido a números con puntos: 2.5.4.97."""
    arcs, value = [], 0
    for byte in oid:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2) if arcs else 0
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]])) if arcs else ""


def _read(data: bytes, at: int, depth: int = 0) -> tuple[Node, int]:
    """El elemento que empieza en `at` y dónde termina."""
    if depth > _MAX_DEPTH or len(data) < at + 2 or data[at] & _LONG_TAG == _LONG_TAG:
        raise ValueError("no es ASN.1")
    if data[at + 1] == _INDEFINITE:
        return _read_indefinite(data, at, depth)
    start, length = _length(data, at + 1)
    end = start + length
    if end > len(data):
        raise ValueError("no es ASN.1: está cortado")
    return Node(data[at], data[start:end], data[at:end]), end


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Dónde empieza el contenido y cuánto mide, según los bytes de longitud que hay en `at`."""
    if data[at] < _INDEFINITE:
        return at + 1, data[at]
    start = at + 1 + (data[at] & 0x7F)
    return start, int.from_bytes(data[at + 1 : start], "big")


def _read_indefinite(data: bytes, at: int, depth: int) -> tuple[Node, int]:
    if not data[at] & _CONSTRUCTED:
        raise ValueError("no es ASN.1")
    start = end = at + 2
    while data[end : end + 2] != _END:
        _, end = _read(data, end, depth + 1)
    return Node(data[at], data[start:end], data[at : end + 2]), end + 2
