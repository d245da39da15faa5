"""Un caso del límite: la misma petición al sistema y a lo mínimo posible."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any

from benchmarks.driver import prepared
from benchmarks.stage import Stage

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+-]+")

Requests = Callable[[Stage], Iterator[bytes]]


@dataclass(frozen=True)
class Case:
    """Qué se compara.

    :param ours: las peticiones al servicio; `bare`, las mismas al límite.
    :param target: la razón que se promete, si se promete alguna.
    :param alike: qué parte de las dos respuestas tiene que ser igual.
    :param left: qué filas dejó la petición que respondió eso; también tienen que ser iguales.
    """

    title: str
    service: str
    ours: Requests
    bare: Requests
    target: float | None = None
    alike: Callable[[Any], Any] = lambda answer: answer
    left: Callable[[Stage, Any], Any] = lambda _stage, _answer: None


def plain(answer: Any) -> Any:
    """Una respuesta con sus instantes leídos: PostgreSQL calla los ceros del final de una fracción."""
    if isinstance(answer, dict):
        return {key: plain(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [plain(value) for value in answer]
    if isinstance(answer, str) and _INSTANT.fullmatch(answer):
        return datetime.fromisoformat(answer)
    return answer


def read(
    title: str,
    service: str,
    path: str,
    bare: str,
    values: Sequence[dict[str, Any]] = ({},),
    *,
    role: str = "Recepcion",
    target: float | None = None,
) -> Case:
    """Un caso de lectura: las dos direcciones, que se rellenan con los mismos valores por turno."""
    return Case(
        title,
        service,
        lambda stage: cycle([stage.call(service, "GET", path.format(**one), role) for one in values]),
        lambda _: cycle([prepared("GET", bare.format(**one)) for one in values]),
        target,
    )
