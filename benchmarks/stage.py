"""El lugar donde se mide: el sistema en marcha, con datos, y a su lado el límite."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from benchmarks.driver import Source, drive, prepared
from benchmarks.growth.clinic import Scale, fill
from benchmarks.slices import Meter, Side
from common.services import SERVICES
from drills.house import House
from scripts.demo.data import ISSUER
from scripts.machine.processes import stop_all
from scripts.machine.tasks import Task
from scripts.trials.throwaway import Clinic, beside, running

# Lo que un equipo de dos núcleos y pocos gigas daría a PostgreSQL.
POSTGRES = {"shared_buffers": "512MB", "work_mem": "16MB", "max_wal_size": "4GB", "jit": "off"}
# Como en producción: con su línea de registro por petición.
PRODUCTION = {"LOG_LEVEL": "INFO"}


class Stage:
    """El sistema en marcha y el límite.

    :param clinic: el sistema.
    :param bare: el proceso del límite y su puerto.
    """

    def __init__(self, clinic: Clinic, bare: Task, bare_port: int) -> None:
        self.clinic = clinic
        self.house = House(clinic)
        self._bare = bare
        self._bare_port = bare_port
        self._tokens: dict[str, str] = {}

    def token(self, role: str) -> str:
        """La sesión de alguien con ese rol."""
        if role not in self._tokens:
            self._tokens[role] = self.house.account(role)[1]
        return self._tokens[role]

    def ours(self, service: str, requests: Iterator[bytes]) -> Source:
        """Peticiones a un servicio."""
        return Source(self.clinic.ports[service], requests)

    def bare(self, requests: Iterator[bytes]) -> Source:
        """Peticiones al límite."""
        return Source(self._bare_port, requests)

    def call(self, service: str, method: str, path: str, role: str, **more: Any) -> bytes:
        """Los bytes de una petición a un servicio: `call("citas", "GET", "/appointments", "Doctor")`."""
        return prepared(method, SERVICES[service].base_path + path, token=self.token(role), **more)

    def our_side(self, service: str, source: Source) -> Side:
        """Un servicio, para medirlo."""
        return self.side(source, self.clinic.tasks[service])

    def bare_side(self, source: Source) -> Side:
        """El límite, para medirlo."""
        return self.side(source, self._bare)

    def side(self, source: Source, task: Task) -> Side:
        """Un proceso cualquiera, para medirlo."""
        assert task.process is not None
        return Side(lambda seconds: drive(source, seconds), Meter(task.process.pid), self._database)

    def turn_electronic(self) -> None:
        """Desde aquí la clínica emite comprobantes electrónicos, que quedan en la cola: nadie los firma."""
        worker = self.clinic.sri_worker.process
        stop_all([worker] if worker else [])
        self.house.admin.call("facturacion", "PUT", "/sri/settings", ISSUER).data  # noqa: B018

    @cached_property
    def _database(self) -> Meter:
        noted = (self.clinic.server.data_dir / "postmaster.pid").read_text(encoding="utf-8")
        return Meter(int(noted.split()[0]))


@contextmanager
def opened(patients: int, variables: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """El sistema y el límite en marcha sobre una base recién llenada."""
    with running(fast=False, variables=PRODUCTION | dict(variables or {}), postgres=POSTGRES) as clinic:
        fill(clinic.env["DATABASE_URL"], Scale(patients))
        app, log = "benchmarks.bare.app:app", clinic.place / "limite.log"
        with beside("Límite", app, log, clinic.env) as (port, bare):
            yield Stage(clinic, bare, port)
