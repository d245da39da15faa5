"""Lo que las comprobaciones encuentran, en un comprobante o en lo que hace falta para emitirlo."""

from dataclasses import dataclass
from typing import NamedTuple


class Finding(NamedTuple):
    """Un campo, como se llama en la API, y qué le pasa."""

    field: str
    message: str


@dataclass(frozen=True)
class Problem:
    """Algo que falta o conviene saber, con su código y en palabras.

    :param blocking: si impide que haya comprobantes autorizados.
    """

    code: str
    message: str
    blocking: bool = False
