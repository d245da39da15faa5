"""gunicorn para cualquiera de los servicios: `gunicorn -c common/gunicorn_conf.py <servicio>.app:app`.

Dos procesos de ocho hilos, comparados con otros ajustes (`python -m benchmarks gunicorn`; decisión 0020). Sin
precarga, porque un motor de base abierto antes de bifurcar deja colgado al proceso; con `reuse_port`, porque
sin él las conexiones persistentes se apilaban todas en un proceso.
"""

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common.config import load_settings
from common.service import settings_or_exit
from common.watch.metrics import share

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
preload_app = False
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
    counts = share()

    def pre_fork(_server: Any, worker: Any) -> None:
        """Da al proceso que va a nacer la hoja donde cuenta."""
        worker.sheet = counts.lend()

    def child_exit(_server: Any, worker: Any) -> None:
        """Recoge la del que terminó, sea como sea."""
        counts.take_back(worker.sheet)
