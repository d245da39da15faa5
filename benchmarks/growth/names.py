"""Nombres inventados como los del Ecuador: unos pocos muy comunes y muchos que lleva casi nadie."""

from itertools import accumulate, product
from pathlib import Path
from random import Random


def _lists() -> dict[str, list[str]]:
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return {title: names for title, *names in map(str.split, lines)}


LISTS = _lists()
# Los apellidos raros se arman por sílabas: hay un par de miles.
RARE = ["".join(parts) for parts in product(LISTS["INICIOS"], LISTS["MEDIOS"], LISTS["FINALES"])]


class Names:
    """Nombres al azar, los mismos para la misma semilla."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - aquí nada es secreto
        self._first = {gender: _ranked(LISTS[gender], 3) for gender in ("FEMENINO", "MASCULINO")}
        self._last = _ranked([*LISTS["APELLIDOS"], *RARE], 4)

    def pick(self, count: int) -> list[tuple[str, str, str]]:
        """Género, nombres y apellidos de unas personas."""
        genders = self._random.choices(list(self._first), k=count)
        first = {gender: iter(self._pairs(names, count)) for gender, names in self._first.items()}
        surnames = self._pairs(self._last, count)
        return [(gender, next(first[gender]), last) for gender, last in zip(genders, surnames, strict=True)]

    def _pairs(self, ranked: tuple[list[str], list[float]], count: int) -> list[str]:
        names, weights = ranked
        chosen = self._random.choices(names, cum_weights=weights, k=2 * count)
        return [f"{one} {other}" for one, other in zip(chosen[::2], chosen[1::2], strict=True)]


def _ranked(names: list[str], evenness: int) -> tuple[list[str], list[float]]:
    """Los nombres y sus pesos acumulados: el de la posición n pesa 1/(n + evenness)."""
    return names, list(accumulate(1 / (rank + evenness) for rank in range(1, len(names) + 1)))
