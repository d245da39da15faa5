"""Qué cuesta crecer: las mismas lecturas en clínicas de varios tamaños, lado a lado."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import bcrypt
import psycopg2

from benchmarks import plans
from benchmarks.driver import Source, answer, drive, prepared
from benchmarks.growth.clinic import Scale, fill
from benchmarks.report import table
from benchmarks.scale_cases import READINGS, Dice, Reading
from benchmarks.slices import Failed, Meter, Side, Slice, alternate, ratio, typical
from benchmarks.stage import POSTGRES, PRODUCTION
from common.services import SERVICES
from drills.house import ZONE
from scripts.machine.console import say
from scripts.postgres_here.server import EmbeddedPostgres
from scripts.trials.throwaway import ADMIN, Clinic

SIZES = (10_000, 100_000, 1_000_000)
TARGET = 1.5
# Pocas conexiones: aquí interesa lo que tarda una respuesta, no cuántas caben.
CONNECTIONS = 2
WARM_UP, WARM_UP_SECONDS = 20, 5.0
RECONNECT_SECONDS = 0.5
# Con cuántas filas una tabla es grande.
LARGE = 5_000
_LARGE_TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > %s
"""
_ADMIN_ENTERS = """
UPDATE users SET email = %s, password_hash = %s WHERE user_id = (SELECT min(user_id) FROM users)
"""
_SERVER = {
    **POSTGRES,
    "shared_buffers": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    **plans.LOGGING,
}


def options(parser: argparse.ArgumentParser) -> None:
    """Lo que se puede pedir."""
    parser.add_argument("cases", nargs="*", choices=[[], *READINGS], metavar="caso", help=", ".join(READINGS))
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help="pacientes de cada clínica")
    parser.add_argument("--data", type=Path, metavar="carpeta", help="guarda ahí las bases para otra vez")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(size) for size in text.split(",")))


@dataclass
class Grown:
    """Una clínica de ese tamaño en marcha."""

    scale: Scale
    clinic: Clinic
    token: str
    seconds_to_fill: float | None

    def source(self, reading: Reading) -> Source:
        """Las peticiones de una lectura, siempre de filas distintas."""
        base = SERVICES[reading.service].base_path
        paths = reading.paths(Dice(self.scale, datetime.now(ZONE).date()))
        requests = (prepared("GET", base + path, token=self.token) for path in paths)
        return Source(self.clinic.ports[reading.service], requests)

    def side(self, reading: Reading, database: Meter) -> Side:
        """Una lectura, para medirla."""
        source, task = self.source(reading), self.clinic.tasks[reading.service]
        assert task.process is not None
        return Side(lambda seconds: drive(source, seconds, CONNECTIONS), Meter(task.process.pid), database)


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Mide, lo cuenta y devuelve todo lo medido."""
    names = asked.cases or list(READINGS)
    with _server(asked.data) as server, ExitStack() as stack:
        grown = [stack.enter_context(_opened(server, Scale(size))) for size in asked.sizes]
        database = Meter(_postmaster(server))
        results = {}
        for name in names:
            results[name] = _measured(grown, READINGS[name], database, asked.rounds, asked.seconds)
            say(f"  {': '.join(_row(results[name], asked.sizes)[:2])}")
        sent = _explained(server, grown[-1], [name for name in names if "ratio" in results[name]])
    say(table(_headings(asked.sizes), [_row(result, asked.sizes) for result in results.values()]))
    say(_statements(sent))
    filled = {str(one.scale.patients): one.seconds_to_fill for one in grown}
    return {"sizes": asked.sizes, "seconds_to_fill": filled, "cases": results, "statements": sent}


@contextmanager
def _server(folder: Path | None) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder, fast=True, settings=_SERVER) as server:
        yield server


def _postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data_dir / "postmaster.pid").read_text(encoding="utf-8").split()[0])


@contextmanager
def _opened(server: EmbeddedPostgres, scale: Scale) -> Iterator[Grown]:
    """La clínica en marcha; si su base no estaba, la llena."""
    name = f"clinica_{scale.patients}"
    is_new = server.create_database(name)
    with TemporaryDirectory(prefix="clinica-que-crece-") as place:
        clinic = Clinic(Path(place), server, server.url(name), PRODUCTION)
        clinic.prepare()
        seconds = _filled(server.url(name), scale) if is_new else None
        _enter_as_admin(server.url(name), clinic)
        clinic.start()
        try:
            yield Grown(scale, clinic, clinic.token(), seconds)
        finally:
            clinic.stop()


def _filled(url: str, scale: Scale) -> float:
    say(f"Se llena una clínica de {scale.patients} pacientes.")
    started = perf_counter()
    fill(url, scale)
    return perf_counter() - started


def _enter_as_admin(url: str, clinic: Clinic) -> None:
    """Da la contraseña de esta vez a la cuenta de administración, que en una base guardada es la de otra."""
    hashed = bcrypt.hashpw(clinic.password.encode(), bcrypt.gensalt(4)).decode()
    with closing(psycopg2.connect(url)) as session, session, session.cursor() as cursor:
        cursor.execute(_ADMIN_ENTERS, (ADMIN, hashed))


def _measured(
    grown: list[Grown], reading: Reading, database: Meter, rounds: int, seconds: float
) -> dict[str, Any]:
    """Una lectura en todas las clínicas; si en alguna no contesta a tiempo, eso es lo que se cuenta."""
    try:
        for one in grown:
            _warm_up(one.source(reading))
        sides = {str(one.scale.patients): one.side(reading, database) for one in grown}
        slices = alternate(sides, rounds=rounds, seconds=seconds)
    except (AssertionError, Failed, TimeoutError) as error:
        return {"title": reading.title, "target": TARGET, "failed": str(error)[:300]}
    smallest, *_, largest = slices.values()
    return {
        "title": reading.title,
        "target": TARGET,
        "ratio": asdict(ratio(largest, smallest, "p95")),
        "slices": {size: [asdict(one) for one in measured] for size, measured in slices.items()},
        "typical": {size: _typical(measured) for size, measured in slices.items()},
    }


def _warm_up(source: Source) -> None:
    """Unas cuantas peticiones que no cuentan; pocas si tardan."""
    ends = perf_counter() + WARM_UP_SECONDS
    for _ in range(WARM_UP):
        answer(source)
        if perf_counter() > ends:
            return


def _typical(measured: list[Slice]) -> dict[str, float]:
    return {figure: typical(measured, figure) for figure in asdict(measured[0])}


def _headings(sizes: tuple[int, ...]) -> list[str]:
    return [
        "Lectura",
        "razón p95",
        "cuartiles",
        "meta",
        *(f"p95 ms con {size}" for size in sizes),
        "p50 mayor",
    ]


def _row(result: dict[str, Any], sizes: tuple[int, ...]) -> list[str]:
    if "failed" in result:
        return [result["title"], "no contesta", "", f"{TARGET} ✗", *("" for _ in sizes), ""]
    found, usual = result["ratio"], result["typical"]
    return [
        result["title"],
        f"{found['median']:.2f}",
        f"{found['low']:.2f}–{found['high']:.2f}",
        f"{TARGET} {'✓' if found['median'] <= TARGET else '✗'}",
        *(f"{usual[str(size)]['p95']:.1f}" for size in sizes),
        f"{usual[str(sizes[-1])]['p50']:.1f}",
    ]


def _explained(server: EmbeddedPostgres, grown: Grown, names: list[str]) -> list[dict[str, Any]]:
    """Lo que envía cada lectura en la clínica mayor y cómo se leyó cada tabla."""
    database = f"clinica_{grown.scale.patients}"
    with closing(psycopg2.connect(server.url(database))) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(_LARGE_TABLES, (LARGE,))
            large = {name for (name,) in cursor.fetchall()}
            for setting in plans.EXPLAIN:
                cursor.execute(f"ALTER DATABASE {database} SET {setting}")
            # Quien ya estaba conectado no los conoce.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid()",
                (database,),
            )
    _reconnect(grown)
    log, sent = plans.PlanLog(server.data_dir), []
    try:
        for name in names:
            source = grown.source(READINGS[name])
            _warm_up(source)
            sent += [
                {"case": name, **_told(statement), "large_read_whole": sorted(statement.sequential(large))}
                for statement in log.new(database)
            ]
    finally:
        _forget_plans(server, database)
    return sent


def _reconnect(grown: Grown) -> None:
    """Da a cada proceso ocasión de descartar las conexiones que se le acaban de cortar."""
    for name, port in grown.clinic.ports.items():
        if name in SERVICES:
            health = prepared("GET", f"{SERVICES[name].base_path}/health")
            drive(Source(port, repeat(health)), RECONNECT_SECONDS)


def _told(statement: plans.Statement) -> dict[str, Any]:
    scans = {name: sorted(kinds) for name, kinds in statement.scans.items()}
    return {**asdict(statement), "scans": scans}


def _forget_plans(server: EmbeddedPostgres, database: str) -> None:
    with closing(psycopg2.connect(server.url(database))) as session:
        session.autocommit = True
        session.cursor().execute(f"ALTER DATABASE {database} RESET ALL")


def _statements(sent: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"{one['case']}: {one['text'][:80]}",
            f"{one['milliseconds']:.1f}",
            str(one["buffers"]),
            "✗ " + ", ".join(one["large_read_whole"]) if one["large_read_whole"] else "✓",
        ]
        for one in sent
    ]
    return table(["Sentencia", "ms", "bloques", "tablas grandes leídas enteras"], rows)
