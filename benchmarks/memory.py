"""Cuánta memoria ocupa lo que `run_all` pone en marcha: al arrancar, caliente y tras miles de peticiones."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

import psutil

from benchmarks.driver import Source, drive
from benchmarks.report import table
from benchmarks.run_all import RunAll, running_all
from common.services import SERVICES
from scripts.machine.console import say
from scripts.starting.lineup import SIMULATOR_TITLE, WORKER_COMMAND, WORKER_TITLE

WARM, REQUESTS = 10_000, 50_000
# Quienes llaman a la vez a un servicio: cada uno puede costarle a PostgreSQL un proceso.
CALLERS = 1
# Lo que un proceso de Python sube y baja sin que nada se acumule.
TOLERANCE_MB = 2.0
POSTGRES_TITLE, LAUNCHER_TITLE = "PostgreSQL", "run_all"
WEB_TITLE, TOTAL_TITLE = "Los cinco servicios", "Todo"
_TITLES = {info.title for info in SERVICES.values()}
# Las palabras de la orden con que se inició cada proceso.
_COMMANDS = {f"{info.package}.app:app": info.title for info in SERVICES.values()} | {
    WORKER_COMMAND[-1]: WORKER_TITLE,
    "scripts.fake_sri": SIMULATOR_TITLE,
    "scripts.launcher": LAUNCHER_TITLE,
}
_PAGE = "page=1&per_page=20"
# Qué se pide a cada servicio, y con qué rol; a los cinco, además, lo que acaba mal.
_ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "auth": (("/me", "Recepcion"), ("/users?per_page=20", "Admin")),
    "inventario": (
        (f"/products?{_PAGE}", "Recepcion"),
        ("/products/7", "Bodega"),
        ("/products?search=guante", "Bodega"),
    ),
    "historia_clinica": (
        (f"/patients?{_PAGE}", "Recepcion"),
        *((f"/patients/{number}", "Recepcion") for number in range(1, 20)),
        ("/patients/7", "Doctor"),
        ("/patients?search=maria", "Recepcion"),
    ),
    "facturacion": (("/invoices?per_page=20", "Contador"), ("/reports/dashboard", "Contador")),
    "citas": (
        ("/doctors", "Recepcion"),
        *((f"/appointments/{number}", "Recepcion") for number in range(1, 20)),
        ("/appointments?per_page=50", "Doctor"),
    ),
}
_WRONG = (("/nada", "Admin"), ("/users?page=x", "Recepcion"))


@dataclass(frozen=True)
class Usage:
    """La memoria de unos procesos, en MB.

    :param processes: cuántos son.
    :param rss: la residente, que cuenta entera la que comparten.
    :param pss: la misma, repartida entre quienes la comparten; 0 donde el sistema no lo dice.
    """

    processes: int = 0
    rss: float = 0.0
    pss: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.processes + other.processes, self.rss + other.rss, self.pss + other.pss)


def options(parser: argparse.ArgumentParser) -> None:
    """Lo que se puede pedir."""
    parser.add_argument("--requests", type=int, default=REQUESTS, help="peticiones, entre los cinco")
    parser.add_argument("--callers", type=int, default=CALLERS, help="cuántas a la vez a cada uno")
    parser.add_argument("--warm", type=int, default=WARM, help="de ellas, las que calientan")


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Mide, lo cuenta y devuelve todo lo medido."""
    with running_all() as system:
        sources = {name: system.source(name, _mixed(system, name)) for name in SERVICES}
        found = {"rest": _usage(system)}
        _load(sources, asked.warm, asked.callers)
        found["warm"] = _usage(system)
        _load(sources, asked.requests - asked.warm, asked.callers)
        found["end"] = _usage(system)
    say(table(_HEADINGS, [_row(title, found) for title in found["end"]]))
    moments = {moment: {title: asdict(one) for title, one in all_.items()} for moment, all_ in found.items()}
    asked_for = {"requests": asked.requests, "warm": asked.warm, "callers": asked.callers}
    return {**asked_for, "megabytes": moments}


def _mixed(system: RunAll, service: str) -> Iterator[bytes]:
    """Las peticiones de un servicio, una de cada clase por turno."""
    return cycle([system.call(service, path, role) for path, role in (*_ASKED[service], *_WRONG)])


def _load(sources: dict[str, Source], requests: int, callers: int) -> None:
    """Reparte unas peticiones entre los servicios, por tandas."""
    batches = 10
    for _ in range(batches):
        for source in sources.values():
            batch = islice(source.requests, requests // (batches * len(sources)))
            drive(Source(source.port, batch), seconds=float("inf"), connections=callers)


def _usage(system: RunAll) -> dict[str, Usage]:
    """La de cada cual, la de los cinco servicios juntos y la de todo."""
    found: dict[str, Usage] = {}
    for process in system.processes():
        title = _title(process)
        found[title] = found.get(title, Usage()) + _of(process)
    web = [one for title, one in found.items() if title in _TITLES]
    return found | {WEB_TITLE: sum(web, Usage()), TOTAL_TITLE: sum(found.values(), Usage())}


def _title(process: psutil.Process) -> str:
    known = (_COMMANDS[word] for word in process.cmdline() if word in _COMMANDS)
    return next(known, POSTGRES_TITLE if "postgres" in process.name() else process.name())


def _of(process: psutil.Process) -> Usage:
    memory = process.memory_full_info()
    return Usage(1, memory.rss / 2**20, getattr(memory, "pss", 0) / 2**20)


_HEADINGS = ("Qué", "procesos", "reposo MB", "PSS", "caliente", "PSS", "al final", "PSS", "creció")


def _row(title: str, found: dict[str, dict[str, Usage]]) -> list[str]:
    usages = [moment.get(title, Usage()) for moment in found.values()]
    # Lo propio de cada uno: lo que comparten pasa de unos a otros sin que nada crezca.
    grown = usages[-1].pss - usages[-2].pss
    figures = [f"{figure:.1f}" for usage in usages for figure in (usage.rss, usage.pss)]
    # PostgreSQL llena a propósito la memoria que se le dio.
    is_ours = title not in (POSTGRES_TITLE, TOTAL_TITLE)
    mark = "" if not is_ours else " ✓" if grown <= TOLERANCE_MB else " ✗"
    return [title, str(usages[-1].processes), *figures, f"{grown:+.1f}{mark}"]
