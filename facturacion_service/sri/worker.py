"""El trabajador de los comprobantes: `python -m facturacion_service.sri.worker [--once] [--threads N]`.

Firma, envía, pregunta y entrega por correo lo que haya en las colas, hasta que recibe SIGTERM o SIGINT:
entonces termina lo que tiene entre manos. Varios pueden correr a la vez, también en equipos distintos. Cómo
se vacía una cola lo dice `common.outbox`.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

from common.outbox.crew import Crew, Queues, work
from common.service import settings_or_exit
from common.watch.logs import configure_logs
from facturacion_service.sri.outbox.delivery_queue import DeliveryQueue
from facturacion_service.sri.outbox.document_queue import DocumentQueue

SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")
# Lo espera en la salida quien lo vigila; se escribe sea cual sea LOG_LEVEL.
READY = "Trabajador del SRI en marcha."


def queues() -> Queues:
    """Las colas que vacía, nuevas para un hilo."""
    return DocumentQueue(), DeliveryQueue()


def announce() -> None:
    """Dice que ya trabaja."""
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Devuelve el código de salida: con `--once`, 1 si algo falló; si no, 0 al pararlo en orden."""
    options = _parser().parse_args(arguments)
    settings = settings_or_exit()
    if not settings.database_url:
        sys.exit(
            "La configuración no sirve:\nDATABASE_URL: falta la dirección de la base de datos PostgreSQL."
        )
    configure_logs("trabajador_sri")
    crew = Crew(once=options.once)
    for number in (getattr(signal, name) for name in SIGNALS if hasattr(signal, name)):
        signal.signal(number, lambda *_: crew.stop.set())
    # Cada hilo usa a lo más una conexión, y el pozo tiene tantas como hilos web.
    work(crew, min(options.threads, settings.web_threads), queues, announce)
    return int(crew.once and crew.failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m facturacion_service.sri.worker", description=__doc__)
    parser.add_argument("--once", action="store_true", help="hace lo que toque ahora y termina")
    parser.add_argument("--threads", type=_threads, default=4, help="comprobantes a la vez (4)")
    return parser


def _threads(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError("debe ser un número entre 1 y 64")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
