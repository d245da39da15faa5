"""Qué plan siguió de verdad cada sentencia: `auto_explain` lo escribe en el registro de PostgreSQL.

Así se mira lo que el sistema envió, con sus valores y en su sesión, y no lo que alguien cree que envía.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

# Parámetros del servidor: el registro, una línea de JSON por anotación.
LOGGING = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "log",
    "log_filename": "planes",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
}
EXPLAIN = (
    "session_preload_libraries = 'auto_explain'",
    "auto_explain.log_min_duration = 0",
    "auto_explain.log_analyze = on",
    "auto_explain.log_buffers = on",
    "auto_explain.log_format = json",
)
_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan")
# Los valores no cambian qué sentencia es.
_VALUES = re.compile(r"'(?:[^']|'')*'|\b\d+\b")


@dataclass
class Statement:
    """Una sentencia y cómo se leyó cada tabla.

    :param scans: tabla → maneras de leerla.
    """

    text: str
    milliseconds: float = 0.0
    buffers: int = 0
    scans: dict[str, set[str]] = field(default_factory=dict)

    def sequential(self, large: set[str]) -> set[str]:
        """Las tablas grandes que leyó enteras."""
        return {table for table, kinds in self.scans.items() if "Seq Scan" in kinds} & large


class PlanLog:
    """El registro de un servidor, desde donde se quedó la última vez."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "log" / "planes.json"
        self._read = self._file.stat().st_size

    def new(self, database: str) -> list[Statement]:
        """Las sentencias anotadas desde la última vez, cada una una vez, con lo peor que le pasó."""
        found: dict[str, Statement] = {}
        for plan, text in self._plans(database):
            kind = _VALUES.sub("?", " ".join(text.split()))
            statement = found.setdefault(kind, Statement(kind))
            statement.milliseconds = max(statement.milliseconds, plan.get("Actual Total Time", 0.0))
            statement.buffers = max(statement.buffers, _buffers(plan))
            for table, scan in _scans(plan):
                statement.scans.setdefault(table, set()).add(scan)
        return list(found.values())

    def _plans(self, database: str) -> Iterator[tuple[dict[str, Any], str]]:
        with self._file.open("rb") as file:
            file.seek(self._read)
            # La última línea puede estar a medio escribir.
            whole_lines, end, _ = file.read().rpartition(b"\n")
        self._read += len(whole_lines + end)
        for line in whole_lines.splitlines():
            entry = orjson.loads(line)
            _, found, explained = entry.get("message", "").partition("plan:\n")
            if found and entry.get("dbname") == database:
                whole = orjson.loads(explained)
                yield whole["Plan"], whole["Query Text"]


def _buffers(plan: Mapping[str, Any]) -> int:
    return int(plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0))


def _scans(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = plan["Node Type"]
    if kind in _SCANS and plan.get("Actual Loops", 1):
        table = plan.get("Relation Name") or plan["Index Name"]
        yield table, kind
    for inner in plan.get("Plans", ()):
        yield from _scans(inner)
