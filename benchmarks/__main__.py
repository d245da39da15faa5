"""`python -m benchmarks {limit,scale,memory,gunicorn}`: mide el sistema; ver benchmarks/README.md."""

import argparse
import sys
from pathlib import Path

from benchmarks import memory, scale, web_server
from benchmarks.limits import limit
from benchmarks.report import save
from benchmarks.slices import ROUNDS, SECONDS
from scripts.machine.console import prepare_output, say

# Cada medida: qué se le puede pedir y cómo se hace.
MEASURES = {"limit": limit, "scale": scale, "memory": memory, "gunicorn": web_server}


def main(arguments: list[str]) -> int:
    """Devuelve el código de salida."""
    prepare_output()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    kinds = parser.add_subparsers(dest="measure", required=True)
    for name, measure in MEASURES.items():
        kind = kinds.add_parser(name, help=(measure.__doc__ or "").splitlines()[0])
        kind.add_argument("--json", type=Path, metavar="archivo", help="deja ahí todo lo medido")
        kind.add_argument("--rounds", type=int, default=ROUNDS, help="vueltas que cuentan (%(default)s)")
        kind.add_argument(
            "--seconds", type=float, default=SECONDS, help="segundos de cada tramo (%(default)s)"
        )
        measure.options(kind)
    asked = parser.parse_args(arguments)
    measured = MEASURES[asked.measure].run(asked)
    if asked.json:
        save(asked.json, measured)
        say(f"Todo lo medido quedó en {asked.json}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
