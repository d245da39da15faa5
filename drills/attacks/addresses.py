"""Cada parámetro y cada identificador de cada dirección publicada, con valores hostiles."""

import json
from collections.abc import Iterator
from itertools import product
from urllib.parse import quote

from drills.hostile import ANYWHERE, IN_TEXTS
from drills.house import House
from drills.records.published import Operation

# Lo que ninguna fila tiene por número, ya escrito como va en una dirección.
NO_ID = (
    *(
        "0",
        "-1",
        "01",
        "+1",
        "1.0",
        "1e1",
        "0x1",
        "1_0",
        "%EF%BC%91",
        "%C2%B2",
        "1%00",
        "1%20",
        "%201",
        "1;1",
        "1,1",
        "1'",
        "1--",
    ),
    *(
        "2147483648",
        "9" * 30,
        "null",
        "true",
        "%27%20OR%201=1",
        "%25",
        "_",
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
    ),
    *(
        "..%5c..%5cboot.ini",
        "%252e%252e%252f",
        "1%0d%0aSet-Cookie:%20a=b",
        "%ff",
        "{patient_id}",
        "$ne",
        "[1]",
        "*",
    ),
)
# Lo que en un parámetro no es texto, y lo que no cabe.
NO_TEXT = ("%FF", "%C0%AF", "%ED%A0%80", "%00", "%0d%0aSet-Cookie:a=b", "a" * 3_000, "%F4%90%80%80")


class Sweep:
    """Ataca la dirección de una operación.

    :param ids: los identificadores de filas que existen, por su nombre.
    """

    def __init__(self, house: House, operation: Operation, ids: dict[str, int]) -> None:
        self._house = house
        self._operation = operation
        self._ids = {name: ids[name] for name in operation.ids}
        self.sent = 0
        self.problems: list[str] = []

    def attack(self) -> None:
        """Manda todo y anota lo que responde 5xx, o bien con un identificador que no lo es."""
        where = self._operation.at(**self._ids)
        for query in _queries(self._operation):
            self._call(f"{where}?{query}", allowed=range(200, 500))
        for name, value in product(self._operation.ids, NO_ID):
            self._call(self._operation.at(**{**self._ids, name: value}), allowed=range(404, 406))

    def _call(self, where: str, *, allowed: range) -> None:
        self.sent += 1
        body: object = {} if self._operation.body else None
        reply = self._house.admin.call(self._operation.service, self._operation.method, where, body)
        if reply.status not in allowed:
            self.problems.append(f"{self._operation.method} {where[:200]}: {reply.status}")


def _queries(operation: Operation) -> Iterator[str]:
    texts = [text for text in map(_text, ANYWHERE + IN_TEXTS) if text is not None]
    for name in operation.query:
        yield from (f"{name}={quote(text)}" for text in texts)
        yield from (f"{name}={raw}" for raw in NO_TEXT)
        yield from (
            f"{name}=1&{name}=2",
            f"{name}[]=1",
            f"{name}[$ne]=1",
            f"{name}",
            f"&&{name}=1&",
            f"={name}",
        )


def _text(payload: str) -> str | None:
    """El texto de un valor, si en una dirección se puede escribir."""
    try:
        value = json.loads(payload)
        value.encode()
    except (ValueError, RecursionError, AttributeError):
        return None
    return str(value) if len(value) < 1_000 else None
