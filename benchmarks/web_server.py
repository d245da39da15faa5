"""Con cuántos procesos e hilos conviene servir: los mismos servicios con otros ajustes, lado a lado."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.cases import Case
from benchmarks.driver import Source
from benchmarks.limits.reads import READS
from benchmarks.limits.writes import WRITES
from benchmarks.report import table
from benchmarks.slices import Side, alternate, ratio, typical
from benchmarks.stage import Stage, opened
from common.services import SERVICES
from scripts.machine.console import say
from scripts.trials.throwaway import beside

PATIENTS = 10_000
CASES = (READS["lista"], WRITES["existencia"])
HOUSE = "2 procesos × 8 hilos"


@dataclass(frozen=True)
class Variant:
    """Unos ajustes.

    :param more: lo que además cambia de `common/gunicorn_conf.py`.
    """

    workers: int
    threads: int
    more: str = ""


VARIANTS = {
    HOUSE: Variant(2, 8),
    "1 × 8": Variant(1, 8),
    "2 × 4": Variant(2, 4),
    "2 × 16": Variant(2, 16),
    "4 × 4": Variant(4, 4),
    "4 × 1": Variant(4, 1),
    "2 × 8, sin reuse_port": Variant(2, 8, "reuse_port = False"),
}


def options(parser: argparse.ArgumentParser) -> None:
    """Lo que se puede pedir."""
    parser.add_argument("--patients", type=int, default=PATIENTS, help="pacientes que hay en la base")


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Mide, lo cuenta y devuelve todo lo medido."""
    results = {}
    with opened(asked.patients) as stage:
        for case in CASES:
            with _sides(stage, case) as sides:
                slices = alternate(sides, rounds=asked.rounds, seconds=asked.seconds)
            ratios = {name: ratio(measured, slices[HOUSE]) for name, measured in slices.items()}
            rows = []
            for name, found in ratios.items():
                figures = [f"{typical(slices[name], one):.1f}" for one in ("per_second", "p50", "p95", "p99")]
                cost = [f"{typical(slices[name], one):.2f}" for one in ("server_ms", "database_ms")]
                quartiles = f"{found.low:.2f}–{found.high:.2f}"
                rows.append([name, f"{found.median:.2f}", quartiles, *figures, *cost])
            say(table([case.title, *_HEADINGS], rows) + "\n")
            results[case.title] = {
                name: {"ratio": asdict(ratios[name]), "slices": [asdict(one) for one in measured]}
                for name, measured in slices.items()
            }
    return {"patients": asked.patients, "cases": results}


_HEADINGS = ("razón", "cuartiles", "pet./s", "p50 ms", "p95", "p99", "web ms", "base ms")


@contextmanager
def _sides(stage: Stage, case: Case) -> Iterator[dict[str, Side]]:
    """El servicio del caso, en marcha una vez por cada variante."""
    sides, info = {}, SERVICES[case.service]
    with ExitStack() as stack:
        for number, (name, variant) in enumerate(VARIANTS.items()):
            settings = stage.clinic.place / f"gunicorn{number}.py"
            settings.write_text(f"from common.gunicorn_conf import *\n{variant.more}\n", encoding="utf-8")
            chosen = {"WEB_WORKERS": str(variant.workers), "WEB_THREADS": str(variant.threads)}
            server = beside(
                info.title,
                f"{info.package}.app:app",
                settings.with_suffix(".log"),
                stage.clinic.env | chosen,
                *("-c", str(settings)),
                health=f"{info.base_path}/health",
            )
            port, task = stack.enter_context(server)
            sides[name] = stage.side(Source(port, case.ours(stage)), task)
        yield sides
