"""Lo que se cuenta de un servicio para vigilarlo: peticiones, esperas, conexiones y procesos."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import NamedTuple
from zlib import crc32

from common.config import load_settings
from common.watch.shared_counts import CELLS, LIVE, SharedCounts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


PREFIX = "clinica_"


Labels = dict[str, str]


class Sample(NamedTuple):
    """Un valor.

    :param suffix: lo que se agrega al nombre de la medida.
    """

    value: float
    labels: Labels = {}
    suffix: str = ""


class Measure(NamedTuple):
    """Una medida, con un valor por combinación de etiquetas.

    :param kind: `counter`, `gauge` o `histogram`.
    """

    name: str
    kind: str
    words: str
    samples: Iterable[Sample]


def gauge(name: str, words: str, *samples: Sample | float) -> Measure:
    """Una medida de cómo están las cosas ahora."""
    return Measure(name, "gauge", words, [s if isinstance(s, Sample) else Sample(s) for s in samples])


def counter(name: str, words: str, samples: Iterable[Sample]) -> Measure:
    """Una medida que solo crece."""
    return Measure(f"{name}_total", "counter", words, samples)


def as_text(measures: Iterable[Measure], service: str) -> str:
    """La página entera."""
    return "".join(f"{line}\n" for measure in measures for line in _lines(measure, service))


def _lines(measure: Measure, service: str) -> Iterator[str]:
    name = PREFIX + measure.name
    yield f"# HELP {name} {measure.words}"
    yield f"# TYPE {name} {measure.kind}"
    for sample in measure.samples:
        pairs = {"service": service, **sample.labels}.items()
        labels = ",".join(f'{key}="{_escaped(text)}"' for key, text in pairs)
        yield f"{name}{sample.suffix}{{{labels}}} {sample.value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


IN_PROGRESS, POOL_IN_USE, POOL_SIZE, WORKERS = range(4)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OTHER = "otro"
STATUSES: tuple[int | str, ...] = (
    *(200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422, 429, 500, 503),
    OTHER,
)
REASONS = ("saturado", "ocupado", "base_no_disponible", OTHER)

Operation = tuple[str, str]
# Lo que se pide sin que exista: una sola etiqueta, escriba el cliente lo que escriba.
UNKNOWN: Operation = (OTHER, OTHER)
# Lo que un navegador pregunta antes de llamar a otro origen.
PREFLIGHT: Operation = ("OPTIONS", OTHER)

_shared: SharedCounts | None = None
# Los que esperan a que nazca el proceso que cuenta.
_unborn: "list[Meter]" = []


def share() -> SharedCounts:
    """Las cuentas que heredan los procesos que nacen de este: las mismas aunque gunicorn se recargue."""
    global _shared
    if _shared is None:
        _shared = SharedCounts()
    return _shared


def start_counting() -> None:
    """Empieza a contar en la hoja de este proceso, recién bifurcado."""
    for meter in _unborn:
        meter.start()


class Meter:
    """Lo que cuenta un servicio.

    :param operations: método y dirección de cuanto se puede pedir; con ellos queda fijo dónde va cada cuenta.
    :raises RuntimeError: si son tantos que no caben.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        known = (*operations, PREFLIGHT, UNKNOWN)
        self._starts = LIVE
        self._reasons = {reason: LIVE + 1 + n for n, reason in enumerate(REASONS)}
        start = LIVE + 1 + len(REASONS)
        self._answers = {o: start + n * len(STATUSES) for n, o in enumerate(known)}
        start += len(known) * len(STATUSES)
        # Un intervalo más que límites, y la suma de los tiempos.
        self._times = {o: start + n * (len(SECONDS) + 2) for n, o in enumerate(known)}
        if start + len(known) * (len(SECONDS) + 2) > CELLS:
            raise RuntimeError("las medidas de tantas rutas no caben: aumente shared_counts.CELLS")
        self._counts = _shared or SharedCounts(1)
        self._shape = crc32(repr((STATUSES, SECONDS, self._times)).encode()) or 1
        self._lock = Lock()
        if _shared is None:
            self.start()
        else:
            _unborn.append(self)

    def start(self) -> None:
        """Toma la hoja de este proceso y lo anota como iniciado."""
        self._cells = self._counts.mine(self._shape)
        self._cells[WORKERS] = 1
        self._cells[POOL_SIZE] = load_settings().web_threads
        self._cells[self._starts] += 1

    def move(self, cell: int, by: int) -> None:
        """Suma o resta a cómo están las cosas ahora."""
        with self._lock:
            self._cells[cell] += by

    def answered(self, operation: Operation, status: int, seconds: float) -> None:
        """Anota una petición que terminó."""
        if operation not in self._answers:
            operation = UNKNOWN
        answer = self._answers[operation] + _POSITIONS.get(status, len(STATUSES) - 1)
        times = self._times[operation]
        with self._lock:
            self._cells[answer] += 1
            self._cells[times + bisect_left(SECONDS, seconds)] += 1
            self._cells[times + len(SECONDS) + 1] += seconds

    def unavailable(self, code: str) -> None:
        """Anota un 503 por su razón."""
        self.move(self._reasons.get(code, self._reasons[OTHER]), 1)

    def measures(self) -> Iterator[Measure]:
        """Lo que contaron todos los procesos."""
        total = self._counts.total(self._shape)
        yield counter("http_requests", "Peticiones respondidas.", self._by_status(total))
        yield Measure("http_request_seconds", "histogram", "Cuánto tardaron.", self._by_seconds(total))
        yield gauge("http_requests_in_progress", "Peticiones en curso.", total[IN_PROGRESS])
        reasons = [Sample(total[cell], {"code": code}) for code, cell in self._reasons.items()]
        yield counter("unavailable", "Peticiones que no se pudieron atender, y por qué.", reasons)
        yield gauge("db_connections_in_use", "Conexiones a la base prestadas.", total[POOL_IN_USE])
        yield gauge("db_connections_max", "Conexiones a la base que se pueden prestar.", total[POOL_SIZE])
        yield gauge("workers", "Procesos en marcha.", total[WORKERS])
        starts = [Sample(total[self._starts])]
        yield counter("worker_starts", "Procesos iniciados, también en lugar de otro.", starts)

    def _by_status(self, total: list[float]) -> Iterator[Sample]:
        for (method, route), start in self._answers.items():
            for status, position in _POSITIONS.items():
                if found := total[start + position]:
                    labels = {"method": method, "route": route, "status": str(status)}
                    yield Sample(found, labels)

    def _by_seconds(self, total: list[float]) -> Iterator[Sample]:
        for (method, route), start in self._times.items():
            *buckets, seconds = total[start : start + len(SECONDS) + 2]
            if not (count := sum(buckets)):
                continue
            labels, so_far = {"method": method, "route": route}, 0.0
            for limit, found in zip((*SECONDS, "+Inf"), buckets, strict=True):
                so_far += found
                yield Sample(so_far, {**labels, "le": str(limit)}, "_bucket")
            yield Sample(count, labels, "_count")
            yield Sample(seconds, labels, "_sum")


_POSITIONS = {status: position for position, status in enumerate(STATUSES)}
