"""gunicorn para cualquiera de los servicios: `gunicorn -c common/gunicorn_conf.py <servicio>.app:app`.

Dos procesos de ocho hilos, comparados con otros ajustes (`python -m benchmarks gunicorn`; decisión 0020). Con
precarga, porque así comparten la memoria del programa; con `reuse_port`, porque sin él las conexiones
persistentes se apilaban todas en un proceso: cada uno abre el puerto por su cuenta, después de bifurcarse.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common.config import ConfigurationError, load_settings
from common.database import ensure_unconnected, make_ready
from common.machine import ports
from common.service import settings_or_exit
from common.watch import metrics
from common.watch.logs import announce, hear_libraries

DRAINED_BYTES = 64 * 1024
STOP_MARGIN_SECONDS = 5

settings = settings_or_exit()
assert settings is load_settings()

worker_class = "common.watch.gunicorn_worker.Worker"
workers = settings.web_workers
# Uno más que conexiones: si todas se atascan, queda quien diga que no y quien conteste que el proceso vive.
threads = settings.web_threads + 1
keepalive = 30
timeout = 60
# Lo que la base deja durar a una consulta, y un margen: parar no corta nada que fuera a terminar.
graceful_timeout = settings.db_statement_timeout_seconds + STOP_MARGIN_SECONDS
reuse_port = sys.platform == "linux"
control_socket_disable = True
preload_app = True
max_requests = 0
logger_class = "common.watch.gunicorn_worker.QuietLogger"
loglevel = "warning"
# Lo que dice gunicorn, como lo demás: una línea JSON, sin citar la petición.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "common.watch.logs.JsonLines", "service": "gunicorn"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://common.watch.logs.stderr",
        }
    },
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {"gunicorn.error": {"handlers": ["stderr"], "propagate": False}},
}
# El latido de los procesos, en memoria: en un disco lento los daría por muertos.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - lo lee solo gunicorn


def on_starting(server: Any) -> None:
    """Se niega a compartir el puerto con otro programa: `reuse_port` los dejaría repartirse las visitas."""
    # Con la suya, `python -m gunicorn` buscaría los módulos de Python en la carpeta de gunicorn al relevarse.
    server.START_CTX["args"] = [sys.executable, *sys.orig_argv[1:]]
    if server.master_pid:
        # Releva a otro maestro (USR2): el puerto es de los dos. Con `reuse_port` no hereda ninguno abierto, y
        # gunicorn no entiende esa lista vacía; al que entonces se nombra no le hace caso.
        os.environ["GUNICORN_FD"] = os.environ["GUNICORN_FD"] or "0"
        return
    for host, port in tcp_addresses(server):
        try:
            ports.ensure_free(host, port)
        except ports.UnusablePort as error:
            sys.exit(str(error))


def on_reload(_server: Any) -> None:
    """Vuelve a oír a las bibliotecas: al recargar (HUP), gunicorn rehace los registros y el servicio no."""
    hear_libraries()


def when_ready(_server: Any) -> None:
    """Deja hecho y quieto lo que los procesos comparten: el recolector, al mirarlo, lo copiaría."""
    try:
        make_ready()
    except ConfigurationError as error:
        sys.exit(str(error))
    gc.collect()
    gc.freeze()


def post_fork(_server: Any, _worker: Any) -> None:
    """Comprueba que no se hereda una conexión a la base, y empieza a contar en la hoja propia."""
    ensure_unconnected()
    metrics.start_counting()


def post_worker_init(worker: Any) -> None:
    """El primero dice dónde se atiende."""
    if worker.age == 1:
        name = getattr(worker.wsgi, "import_name", worker.app.app_uri).removesuffix("_service")
        for host, port in tcp_addresses(worker):
            announce(name, host, port)


def tcp_addresses(process: Any) -> list[tuple[str, int]]:
    """Dónde escucha: host y puerto."""
    return [where for where in process.cfg.address if isinstance(where, tuple)]


def pre_request(_worker: object, req: Any) -> None:
    """Anuncia que la conexión se cierra tras un cuerpo grande o sin largo declarado.

    Si se rechaza sin leerlo, gunicorn descarta hasta 64 kB y corta: sin el aviso, la petición siguiente del
    cliente se perdería.
    """
    headers = dict(req.headers)
    if "TRANSFER-ENCODING" in headers or int(headers.get("CONTENT-LENGTH", 0)) >= DRAINED_BYTES:
        req.force_close()


if settings.metrics_token:
    # Se reserva aquí, en el maestro, para que la hereden todos los procesos.
    counts = metrics.share()

    def pre_fork(_server: Any, worker: Any) -> None:
        """Da al proceso que va a nacer la hoja donde cuenta."""
        worker.sheet = counts.lend()

    def child_exit(_server: Any, worker: Any) -> None:
        """Recoge la del que terminó, sea como sea."""
        counts.take_back(worker.sheet)
