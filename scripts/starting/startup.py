"""El arranque completo, paso a paso, y la parada en el orden inverso."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from common.config import ConfigurationError, Settings, load_settings
from common.machine.embedded import DATABASE, remember
from scripts.envfile import ensure_env_file
from scripts.machine.console import UserError, say, tail
from scripts.machine.ports import check_ports
from scripts.machine.processes import Ledger, ready_log, spawn, stop_all
from scripts.machine.stopping import StopSignal
from scripts.machine.supervisor import Supervisor
from scripts.machine.system import FileLock
from scripts.machine.tasks import Task
from scripts.postgres_here.server import EmbeddedPostgres
from scripts.starting import lineup
from scripts.starting.database_check import check_database
from scripts.starting.welcome import Prepared, welcome

ORPHAN_SECONDS = 5.0


class Startup:
    """Un arranque del sistema en una carpeta."""

    def __init__(self, root: Path, stop: StopSignal) -> None:
        self._root = root
        self._stop = stop
        self._ledger = Ledger(root / ".run" / "procesos.json")
        self._embedded: EmbeddedPostgres | None = None
        self._interrupted = False

    def run(self) -> None:
        """Inicia todo y lo mantiene en marcha hasta que se pida parar; entonces lo detiene.

        :raises Stopped: se pidió parar; ya está todo detenido.
        :raises UserError: no se pudo seguir; ya está todo detenido.
        """
        with ExitStack() as stack:
            self._be_alone(stack)
            settings = self._settings()
            self._check_ports(settings)
            env = self._database(settings, stack)
            prepared = self._prepare(env)
            supervisor = Supervisor(self._root, self._tasks(settings), env, self._ledger)
            stack.callback(_stop_all, supervisor)
            say("Iniciando los servicios (registros en la carpeta logs)…")
            supervisor.start(self._stop)
            welcome(settings, prepared)
            while True:
                self._keep_database()
                supervisor.watch(self._stop)

    def _be_alone(self, stack: ExitStack) -> None:
        lock = FileLock(self._root / ".run" / "sistema.lock")
        if not lock.acquire():
            raise UserError("El sistema ya está en marcha desde esta carpeta; deténgalo con Ctrl-C.")
        stack.callback(lock.release)
        self._interrupted = self._ledger.stop_leftovers()
        if self._interrupted:
            say("El arranque anterior se interrumpió: se detuvo lo que quedaba de él.")

    def _settings(self) -> Settings:
        if ensure_env_file(self._root):
            say("Se creó el archivo .env con claves nuevas.")
        try:
            return load_settings()
        except ConfigurationError as error:
            raise UserError(f"La configuración (archivo .env) no sirve:\n{error}") from error
        except UnicodeDecodeError as error:
            raise UserError("El archivo .env no está guardado en UTF-8.") from error

    def _check_ports(self, settings: Settings) -> None:
        """Tras un corte, los procesos huérfanos tardan un momento en darse cuenta y soltarlos."""
        deadline = time.monotonic() + (ORPHAN_SECONDS if self._interrupted else 0)
        while True:
            try:
                return check_ports(lineup.wanted_ports(settings))
            except UserError:
                if time.monotonic() > deadline:
                    raise
            self._stop.wait(0.2)

    def _database(self, settings: Settings, stack: ExitStack) -> dict[str, str]:
        """Las variables para los servicios, con la base que van a usar ya en marcha."""
        env = dict(os.environ)
        if settings.database_url:
            say("Comprobando la base de datos de DATABASE_URL…")
            check_database(settings.database_url)
            return env
        self._stop.check()
        env["DATABASE_URL"] = self._start_embedded(stack)
        if lineup.simulates(settings):
            env |= lineup.to_the_simulator(settings.sri_simulator_port)
        return env

    def _start_embedded(self, stack: ExitStack) -> str:
        say("Iniciando el PostgreSQL incluido…")
        self._embedded = EmbeddedPostgres(self._root / ".pgdata")
        stack.callback(self._embedded.stop)
        self._embedded.start()
        for notice in self._embedded.notices:
            say(f"  {notice}")
        if self._embedded.adopted:
            say("  Seguía en marcha de un arranque interrumpido: se sigue usando.")
        self._embedded.create_database(DATABASE)
        remember(self._root, self._embedded.data_dir)
        url = self._embedded.url(DATABASE)
        say(f"  {url}")
        say("  Es para probar: no pide contraseña a quien se conecta desde este equipo.")
        say("  Para trabajar de verdad, ponga su propia base en DATABASE_URL (archivo .env).")
        return url

    def _prepare(self, env: dict[str, str]) -> Prepared:
        say("Preparando la base de datos…")
        log = self._root / "logs" / "preparacion.log"
        written = ready_log(log)
        command = [sys.executable, "-m", "scripts.starting.prepare", *(["--demo"] if self._embedded else [])]
        process = spawn(command, self._root, log, env, stdout=subprocess.PIPE)
        try:
            while process.poll() is None:
                self._stop.wait(0.05)
        finally:
            stop_all([process])
        if process.returncode:
            raise UserError(f"No se pudo preparar la base de datos:\n{tail(log, start=written)}")
        done = json.loads(process.stdout.read() if process.stdout else "{}")
        return Prepared(**done)

    def _tasks(self, settings: Settings) -> list[Task]:
        """El SRI simulado recuerda junto a la base: si se borra esta, también olvida lo que autorizó."""
        tasks = lineup.web_services(settings, self._root)
        if self._embedded and lineup.simulates(settings):
            memory = self._embedded.data_dir / "sri_simulado.sqlite"
            tasks.append(lineup.sri_simulator(settings.sri_simulator_port, self._root, memory))
        return [*tasks, lineup.sri_worker(self._root)]

    def _keep_database(self) -> None:
        if self._embedded and not self._embedded.is_running():
            say("PostgreSQL se cayó; se inicia de nuevo.")
            self._embedded.start()


def _stop_all(supervisor: Supervisor) -> None:
    say("\nDeteniendo los servicios…")
    supervisor.stop()


def run(root: Path) -> None:
    """Arranca el sistema de esta carpeta y no vuelve hasta que está detenido."""
    stop = StopSignal()
    stop.install()
    Startup(root, stop).run()
