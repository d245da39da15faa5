"""Cuán cerca está el sistema de lo mínimo posible: cada caso contra el límite, lado a lado."""

import argparse
from dataclasses import asdict
from typing import Any

from benchmarks.cases import Case, plain
from benchmarks.driver import Source, answer
from benchmarks.limits.reads import READS
from benchmarks.limits.writes import WRITES
from benchmarks.report import table
from benchmarks.slices import alternate, ratio, typical
from benchmarks.stage import Stage, opened
from scripts.machine.console import say

PATIENTS = 10_000
CASES = {**READS, **WRITES}


def options(parser: argparse.ArgumentParser) -> None:
    """Lo que se puede pedir."""
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], metavar="caso", help=", ".join(CASES))
    parser.add_argument("--patients", type=int, default=PATIENTS, help="pacientes que hay en la base")


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Mide, lo cuenta y devuelve todo lo medido."""
    results = {}
    with opened(asked.patients) as stage:
        for name in (name for name in CASES if name in (asked.cases or CASES)):
            results[name] = _compared(stage, CASES[name], asked.rounds, asked.seconds)
            say(f"  {results[name]['title']}: {results[name]['ratio']['median']:.2f}")
    say(table(_HEADINGS, [_row(result) for result in results.values()]))
    return {"patients": asked.patients, "cases": results}


def _compared(stage: Stage, case: Case, rounds: int, seconds: float) -> dict[str, Any]:
    ours, bare = stage.ours(case.service, case.ours(stage)), stage.bare(case.bare(stage))
    found, limit = (_effect(stage, case, side) for side in (ours, bare))
    assert found == limit, f"{case.title}: no es lo mismo\n{found}\n{limit}"
    sides = {"ours": stage.our_side(case.service, ours), "bare": stage.bare_side(bare)}
    slices = alternate(sides, rounds=rounds, seconds=seconds)
    return {
        "title": case.title,
        "target": case.target,
        "ratio": asdict(ratio(slices["ours"], slices["bare"])),
        "cpu_ratio": asdict(ratio(slices["bare"], slices["ours"], "cpu_ms")),
        "slices": {side: [asdict(one) for one in measured] for side, measured in slices.items()},
        "typical": {
            side: {figure: typical(measured, figure) for figure in asdict(measured[0])}
            for side, measured in slices.items()
        },
    }


def _effect(stage: Stage, case: Case, side: Source) -> tuple[Any, Any]:
    """Lo que una petición responde y las filas que deja."""
    answered = answer(side)
    return case.alike(plain(answered)), case.left(stage, answered)


_HEADINGS = (
    "Caso",
    "razón",
    "cuartiles",
    "meta",
    "pet./s",
    "límite",
    "p50 ms",
    "p95",
    "p99",
    "web ms",
    "límite",
    "base ms",
    "límite",
    "razón CPU",
)


def _row(result: dict[str, Any]) -> list[str]:
    ours, bare, found = result["typical"]["ours"], result["typical"]["bare"], result["ratio"]
    target = result["target"]
    return [
        result["title"],
        f"{found['median']:.2f}",
        f"{found['low']:.2f}–{found['high']:.2f}",
        "" if target is None else f"{target:.2f} {'✓' if found['median'] >= target else '✗'}",
        f"{ours['per_second']:.0f}",
        f"{bare['per_second']:.0f}",
        *(f"{ours[figure]:.1f}" for figure in ("p50", "p95", "p99")),
        *(f"{side[figure]:.2f}" for figure in ("server_ms", "database_ms") for side in (ours, bare)),
        f"{result['cpu_ratio']['median']:.2f}",
    ]
