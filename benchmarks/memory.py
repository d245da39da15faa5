"""Cuánta memoria ocupan los cinco servicios: al arrancar, calientes y tras miles de peticiones más."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

import psutil

from benchmarks.driver import Source, drive
from benchmarks.limits.reads import READS
from benchmarks.report import table
from benchmarks.stage import Stage, opened
from common.services import SERVICES
from scripts.machine.console import say

PATIENTS, WARM, REQUESTS = 10_000, 10_000, 50_000
# Lo que un proceso de Python sube y baja sin que nada se acumule.
TOLERANCE_MB = 2.0
# Además de lo que mide `limit`: lo propio de cada servicio y, en los cinco, lo que acaba mal.
_OWN = {
    "auth": (("/me", "Recepcion"), ("/users?per_page=20", "Admin")),
    "inventario": (("/products/7", "Bodega"), ("/products?search=guante", "Bodega")),
    "historia_clinica": (("/patients/7", "Doctor"), ("/patients?search=maria", "Recepcion")),
    "facturacion": (("/invoices?per_page=20", "Contador"), ("/reports/dashboard", "Contador")),
    "citas": (("/doctors", "Recepcion"), ("/appointments?per_page=50", "Doctor")),
}
_WRONG = (("/nada", "Admin"), ("/users?page=x", "Recepcion"))


@dataclass(frozen=True)
class Usage:
    """La memoria de los procesos de un servicio, en MB.

    :param rss: la residente, que cuenta entera la que comparten.
    :param pss: la misma, repartida entre quienes la comparten; 0 donde el sistema no lo dice.
    """

    rss: float
    pss: float


def options(parser: argparse.ArgumentParser) -> None:
    """Lo que se puede pedir."""
    parser.add_argument("--requests", type=int, default=REQUESTS, help="peticiones, entre los cinco")
    parser.add_argument("--warm", type=int, default=WARM, help="de ellas, las que calientan")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="pacientes que hay en la base")


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Mide, lo cuenta y devuelve todo lo medido."""
    with opened(asked.patients) as stage:
        sources = {name: stage.ours(name, _mixed(stage, name)) for name in SERVICES}
        found = {"rest": _usage(stage)}
        _load(sources, asked.warm)
        found["warm"] = _usage(stage)
        _load(sources, asked.requests - asked.warm)
        found["end"] = _usage(stage)
    say(table(_HEADINGS, [_row(name, found) for name in SERVICES]))
    moments = {moment: {name: asdict(one) for name, one in all_.items()} for moment, all_ in found.items()}
    return {"requests": asked.requests, "warm": asked.warm, "megabytes": moments}


def _mixed(stage: Stage, service: str) -> Iterator[bytes]:
    """Las peticiones de un servicio, una de cada clase por turno."""
    kinds = [case.ours(stage) for case in READS.values() if case.service == service]
    kinds += [cycle([stage.call(service, "GET", path, role)]) for path, role in (*_OWN[service], *_WRONG)]
    return (next(kind) for kind in cycle(kinds))


def _load(sources: dict[str, Source], requests: int) -> None:
    """Reparte unas peticiones entre los servicios, por tandas."""
    batches = 10
    for _ in range(batches):
        for source in sources.values():
            batch = islice(source.requests, requests // (batches * len(sources)))
            drive(Source(source.port, batch), seconds=float("inf"))


def _usage(stage: Stage) -> dict[str, Usage]:
    return {name: _of(task.process.pid) for name, task in stage.clinic.tasks.items() if task.process}


def _of(pid: int) -> Usage:
    master = psutil.Process(pid)
    memory = [process.memory_full_info() for process in (master, *master.children(recursive=True))]
    rss, pss = sum(one.rss for one in memory), sum(getattr(one, "pss", 0) for one in memory)
    return Usage(round(rss / 2**20, 1), round(pss / 2**20, 1))


_HEADINGS = ("Servicio", "reposo MB", "PSS", "caliente", "PSS", "al final", "PSS", "creció")


def _row(name: str, found: dict[str, dict[str, Usage]]) -> list[str]:
    usages = [moment[name] for moment in found.values()]
    grown = usages[-1].rss - usages[-2].rss
    figures = [f"{figure:.1f}" for usage in usages for figure in (usage.rss, usage.pss)]
    return [SERVICES[name].title, *figures, f"{grown:+.1f} {'✓' if grown <= TOLERANCE_MB else '✗'}"]
