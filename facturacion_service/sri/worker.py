"""El trabajador de los comprobantes: `python -m facturacion_service.sri.worker [--once] [--threads N]`.

Firma, envía, pregunta y entrega por correo lo que haya en las colas, hasta que recibe SIGTERM o SIGINT:
entonces termina lo que tiene entre manos. Varios pueden correr a la vez, también en equipos distintos. Nada
lo detiene: ni la base caída, ni lo que conteste el SRI, ni un comprobante con el que el programa falle.
"""

import argparse
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import TypeVar

from sqlalchemy.orm import Session

from common.database import transaction
from common.errors import Unavailable
from common.service import settings_or_exit
from common.utils import now
from common.watch.logs import configure_logs, logger
from facturacion_service.sri.outbox import delivery_operations as deliveries
from facturacion_service.sri.outbox import operations as outbox
from facturacion_service.sri.outbox.queries import LostLease
from facturacion_service.sri.outbox.steps import Job, SriLines, attend, describe, record_defect

IDLE_SECONDS = 1
LONGEST_REST_SECONDS = 30
# Los 503 que se arreglan esperando a la base, y no otra cosa.
DATABASE_CODES = ("base_no_disponible", "base_sin_espacio", "ocupado", "saturado")
SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")
# Lo espera en la salida quien lo vigila; se escribe sea cual sea LOG_LEVEL.
READY = "Trabajador del SRI en marcha."

Result = TypeVar("Result")


class Crew:
    """Lo que comparten los hilos: cuándo parar y a quién le toca mirar las colas.

    :param once: si se termina al vaciarlas, en lugar de esperar a que llegue más.
    """

    def __init__(self, *, once: bool = False) -> None:
        self.once = once
        self.stop = threading.Event()
        # Uno solo mira las colas cuando no hay nada: los demás esperan aquí.
        self.turn = threading.Lock()
        self.failed = False

    def rest(self, failures: int) -> None:
        """Espera antes de volver a intentar, cada vez más; menos si hay que parar."""
        self.failed = True
        self.stop.wait(min(1 << min(failures, 5), LONGEST_REST_SECONDS))


class Hand:
    """Un hilo del trabajador: toma un comprobante o un correo, hace un solo paso y lo suelta."""

    def __init__(self, crew: Crew, name: str) -> None:
        self._crew = crew
        self._name = name
        self._lines = SriLines()
        self._job: Job | None = None
        self._broken: tuple[Job, Exception] | None = None
        self._failures = 0
        self._turns = count()

    def run(self) -> None:
        """Trabaja hasta que haya que parar."""
        while not self._crew.stop.is_set() and self._turn():
            pass
        self._lines.close()

    def _turn(self) -> bool:
        """Un paso; devuelve si hay que seguir."""
        self._job = None
        try:
            goes_on = self._work()
        except LostLease:
            logger.warning("el arriendo ya es de otro", extra={"fields": describe(self._job)})
        except Unavailable as error:
            self._wait_for_database(error)
            return not self._crew.once
        # El único lugar que no distingue: un comprobante con el que el programa falla no detiene a los demás.
        except Exception as error:  # noqa: BLE001
            self._survive(error)
            return self._job is not None or not self._crew.once
        else:
            return goes_on
        return True

    def _work(self) -> bool:
        if self._broken is not None:
            (job, error), self._broken = self._broken, None
            with transaction() as db:
                record_defect(db, job, error)
            return True
        self._job = self._next()
        if self._job is not None:
            attend(self._job, self._lines, self._insist)
        return self._job is not None

    def _next(self) -> Job | None:
        """Lo que toca, o None si hay que parar.

        :raises Unavailable: con `--once`, si la base no responde.
        """
        with self._crew.turn:
            while not self._crew.stop.is_set():
                try:
                    job = self._claim()
                except Unavailable as error:
                    if self._crew.once:
                        raise
                    self._wait_for_database(error)
                    continue
                self._failures = 0
                if job is not None or self._crew.once:
                    return job
                self._crew.stop.wait(IDLE_SECONDS)
        return None

    def _claim(self) -> Job | None:
        # Por turnos: ni un SRI lento atrasa los correos, ni un servidor de correo lento los comprobantes.
        queues: Sequence[Callable[[Session, str], Job | None]] = (outbox.claim, deliveries.claim)
        first = next(self._turns) % len(queues)
        with transaction() as db:
            return queues[first](db, self._name) or queues[first - 1](db, self._name)

    def _insist(self, act: Callable[[Session], Result]) -> Result:
        """Una transacción, repetida mientras la base no responda y el arriendo dure.

        Así no se tira lo que el SRI o el servidor de correo ya contestó.

        :raises Unavailable: si la base no respondió a tiempo.
        """
        assert self._job is not None
        for failures in count():
            try:
                with transaction() as db:
                    return act(db)
            except Unavailable as error:
                worth_it = error.code in DATABASE_CODES and now() < self._job.until
                if self._crew.stop.is_set() or not worth_it:
                    raise
            self._crew.rest(failures)
        raise AssertionError

    def _wait_for_database(self, error: Unavailable) -> None:
        logger.warning(f"{error.message} El trabajador lo sigue intentando.")
        self._rest()

    def _survive(self, error: Exception) -> None:
        logger.error("error inesperado", exc_info=error, extra={"fields": describe(self._job)})
        if self._job is not None:
            self._broken = self._job, error
        self._rest()

    def _rest(self) -> None:
        self._crew.rest(self._failures)
        self._failures += 1


def work(crew: Crew, threads: int) -> None:
    """Trabaja con tantos hilos hasta que haya que parar."""
    prefix = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    hands = [threading.Thread(target=Hand(crew, f"{prefix}:{n}").run) for n in range(threads)]
    logger.info("trabajador en marcha", extra={"fields": {"threads": threads, "owner": prefix}})
    for hand in hands:
        hand.start()
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    for hand in hands:
        while hand.is_alive():
            # Con límite: en Windows, una espera sin él no oye las señales.
            hand.join(IDLE_SECONDS)


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
    work(crew, min(options.threads, settings.web_threads))
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
