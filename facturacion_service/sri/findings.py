"""Lo que las comprobaciones encuentran."""

from typing import NamedTuple


class Finding(NamedTuple):
    """Un campo, como se llama en la API, y qué le pasa."""

    field: str
    message: str
