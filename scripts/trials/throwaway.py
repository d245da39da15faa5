"""El sistema entero en marcha con una base de usar y tirar: para ensayos, medidas y peticiones inventadas.

PostgreSQL propio, los cinco servicios tras gunicorn, el trabajador del SRI y un SRI simulado, en puertos
libres; al salir no queda nada.
"""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

from common.machine.embedded import DATABASE
from common.services import SERVICES
from scripts.machine.console import keep_quiet
from scripts.machine.ports import HOST, free_ports
from scripts.machine.processes import Ledger
from scripts.machine.stopping import StopSignal
from scripts.machine.supervisor import Supervisor
from scripts.machine.tasks import HealthUrl, Task
from scripts.postgres_here.server import EmbeddedPostgres
from scripts.starting import lineup
from scripts.starting.front_door import front_door
from scripts.starting.pooler import pooler
from scripts.trials.desk import Reachable

ROOT = Path(__file__).resolve().parent.parent.parent
ADMIN = "admin@clinica.test"
# Solo de usar y tirar: cada entrada costaría un cuarto de segundo de procesador.
QUICK_BCRYPT_ROUNDS = "4"


class Clinic(Reachable):
    """El sistema en marcha y cómo se entra en él.

    :param place: carpeta para registros y anotaciones.
    :param server: el servidor de base de datos, ya en marcha.
    :param url: la dirección de la base.
    :param variables: configuración que se agrega a la de la casa.
    :param replicas: cuántas de cada servicio; con más de una se entra por la puerta de `deploy/nginx`.
    :param pooled: si a la base se va por el PgBouncer de `deploy/pgbouncer`.
    """

    def __init__(
        self,
        place: Path,
        server: EmbeddedPostgres,
        url: str,
        variables: Mapping[str, str] | None = None,
        replicas: int = 1,
        *,
        pooled: bool = False,
    ) -> None:
        self.place = place
        self.server = server
        self.password = secrets.token_urlsafe(12)
        free = free_ports()
        ports = {name: [next(free) for _ in range(replicas)] for name in SERVICES}
        self.replicas = {name: [_task(name, port, place) for port in group] for name, group in ports.items()}
        self.tasks = {name: group[0] for name, group in self.replicas.items()}
        self.door = front_door(place / "nginx", next(free), ports) if replicas > 1 else None
        super().__init__({name: self.door.port if self.door else group[0] for name, group in ports.items()})
        simulator = next(free)
        self.direct = url
        self.pooler = pooler(place / "pgbouncer", next(free), url) if pooled else None
        self.env = os.environ | {
            "DATABASE_URL": self.pooler.url if self.pooler else url,
            "JWT_SECRET_KEY": secrets.token_urlsafe(48),
            "ADMIN_EMAIL": ADMIN,
            "ADMIN_PASSWORD": self.password,
            "BCRYPT_ROUNDS": QUICK_BCRYPT_ROUNDS,
            "SRI_CERTIFICATE_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            **lineup.to_the_simulator(simulator),
            "TRUSTED_PROXIES": "1" if self.door else "0",
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
            **(variables or {}),
        }
        self.sri_simulator = lineup.sri_simulator(simulator, place, place / "sri")
        self.sri_worker = lineup.sri_worker(place)
        around = [extra.task for extra in (self.pooler, self.door) if extra]
        tasks = [*around, *chain(*self.replicas.values()), self.sri_simulator, self.sri_worker]
        self.supervisor = Supervisor(ROOT, tasks, self.env, Ledger(place / "procesos"), keep_quiet)

    def prepare(self, *, demo: bool = False) -> None:
        """Migra la base, crea la cuenta de administración y, si se pide, carga la clínica de muestra."""
        options = ["--demo"] if demo else []
        command = [sys.executable, "-m", "scripts.starting.prepare", *options]
        env = self.env | {"DATABASE_URL": self.direct}
        subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Inicia los procesos y vuelve cuando todos trabajan.

        :raises UserError: si alguno no llega a trabajar.
        """
        self.supervisor.start(StopSignal())

    def stop(self) -> None:
        """Detiene los procesos."""
        self.supervisor.stop()

    def token(self, email: str = ADMIN, password: str | None = None) -> str:
        """Una sesión nueva: la de administración, o la de quien se diga."""
        token: str = self.log_in(email, password or self.password).data["token"]
        return token


def _task(name: str, port: int, place: Path) -> Task:
    return lineup.web_service(SERVICES[name], HOST, port, place / f"{name}-{port}.log")


@contextmanager
def running(
    *,
    demo: bool = False,
    fast: bool = True,
    variables: Mapping[str, str] | None = None,
    postgres: Mapping[str, str] | None = None,
    replicas: int = 1,
    pooled: bool = False,
    folder: Path | None = None,
) -> Iterator[Clinic]:
    """El sistema en marcha con una base desechable.

    :param demo: con la clínica de muestra.
    :param fast: la base no espera al disco, como conviene a las pruebas; para medir o cortar, falso.
    :param variables: configuración que se agrega a la de la casa.
    :param postgres: parámetros de PostgreSQL, para medir con la memoria que tendría una clínica.
    :param replicas: cuántas de cada servicio, tras nginx si es más de una.
    :param pooled: si a la base se va por PgBouncer.
    :param folder: donde quedan la base y los registros, y quien la dio la borra; si falta, en la temporal.
    """
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="clinica-de-paso-", dir=folder)
        place = Path(stack.enter_context(temporary))
        data = folder / "datos" if folder else None
        server = stack.enter_context(EmbeddedPostgres(data, fast=fast, settings=postgres))
        server.create_database(DATABASE)
        clinic = Clinic(place, server, server.url(DATABASE), variables, replicas, pooled=pooled)
        stack.callback(clinic.stop)
        clinic.prepare(demo=demo)
        clinic.start()
        yield clinic


@contextmanager
def beside(
    title: str, app: str, log: Path, env: Mapping[str, str], *options: str, health: str = "/health"
) -> Iterator[tuple[int, Task]]:
    """Otro gunicorn en marcha junto a la clínica: su puerto y su proceso.

    :param options: las de gunicorn que no son las de la casa.
    """
    port = next(free_ports())
    command = [sys.executable, "-m", "gunicorn", "-c", "common/gunicorn_conf.py", *options]
    command += ["--bind", f"{HOST}:{port}", app]
    task = Task(title, command, log, HealthUrl(HOST, port, health))
    supervisor = Supervisor(ROOT, [task], env, Ledger(log.with_suffix(".procesos")), keep_quiet)
    try:
        supervisor.start(StopSignal())
        yield port, task
    finally:
        supervisor.stop()
