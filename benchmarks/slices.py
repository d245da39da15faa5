"""Medir lado a lado: tramos cortos que se alternan, para que el ruido del equipo toque a todos por igual."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

import psutil

from benchmarks.driver import Load

ROUNDS, SECONDS = 12, 2.0


@dataclass(frozen=True)
class Slice:
    """Un tramo medido.

    :param per_second: peticiones por segundo.
    :param p50: milisegundos que tardó la mitad; igual `p95` y `p99`.
    :param server_ms: milisegundos de procesador del servidor web por petición.
    :param database_ms: los de PostgreSQL.
    :param cpu_ms: los dos juntos.
    """

    per_second: float
    p50: float
    p95: float
    p99: float
    server_ms: float
    database_ms: float
    cpu_ms: float


class Failed(Exception):
    """Durante la medida hubo respuestas que no son buenas: la cifra no valdría nada."""


class Meter:
    """Cuánto procesador gastan unos procesos y los que nacieron de ellos."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def seconds(self) -> float:
        """Segundos de procesador hasta ahora."""
        total = 0.0
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                spent = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += spent.user + spent.system
        return total


@dataclass(frozen=True)
class Side:
    """Uno de los que se comparan.

    :param drive: le hace peticiones durante esos segundos.
    """

    drive: Callable[[float], Load]
    server: Meter
    database: Meter

    def slice(self, seconds: float) -> Slice:
        """Mide un tramo.

        :raises Failed: si alguna respuesta no fue buena.
        """
        server, database = self.server.seconds(), self.database.seconds()
        load = self.drive(seconds)
        if load.failures or not load.latencies:
            raise Failed(f"{load.failures} respuestas malas; la primera: {load.first_failure}")
        number = len(load.latencies)
        cuts = [1000 * cut for cut in quantiles(load.latencies, n=100, method="inclusive")]
        server = 1000 * (self.server.seconds() - server) / number
        database = 1000 * (self.database.seconds() - database) / number
        return Slice(
            per_second=number / load.seconds,
            p50=cuts[49],
            p95=cuts[94],
            p99=cuts[98],
            server_ms=server,
            database_ms=database,
            cpu_ms=server + database,
        )


def alternate(
    sides: Mapping[str, Side], *, rounds: int = ROUNDS, seconds: float = SECONDS
) -> dict[str, list[Slice]]:
    """Los tramos de cada uno, por turnos y con el orden al revés en cada vuelta; la primera no cuenta."""
    found: dict[str, list[Slice]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds + 1):
        for name in names:
            measured = sides[name].slice(seconds)
            if number:
                found[name].append(measured)
        names.reverse()
    return found


@dataclass(frozen=True)
class Ratio:
    """Cuántas veces una cifra es otra: la mediana de las vueltas y entre qué cuartiles anda."""

    median: float
    low: float
    high: float


def ratio(ours: list[Slice], theirs: list[Slice], figure: str = "per_second") -> Ratio:
    """La razón de una cifra entre los tramos vecinos de dos lados."""
    pairs = [getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, theirs, strict=True)]
    low, middle, high = quantiles(pairs, n=4, method="inclusive") if len(pairs) > 1 else pairs * 3
    return Ratio(middle, low, high)


def typical(slices: list[Slice], figure: str) -> float:
    """La mediana de una cifra entre los tramos."""
    return float(median(getattr(one, figure) for one in slices))
