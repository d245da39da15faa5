"""Quienes vacían las colas: unos hilos que toman, hacen un paso y sueltan, hasta que hay que parar.

Nada los detiene: ni la base caída, ni lo que conteste el otro, ni algo con lo que el programa falle. Al parar
terminan lo que tienen entre manos.
"""

import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from common.database import transaction
from common.errors import Unavailable
from common.outbox.leases import LostLease
from common.outbox.queue import Queue
from common.utils import now
from common.watch.logs import logger

IDLE_SECONDS = 1
LONGEST_REST_SECONDS = 30
# Los 503 que se arreglan esperando a la base, y no otra cosa.
DATABASE_CODES = ("base_no_disponible", "base_sin_espacio", "ocupado", "saturado")

Result = TypeVar("Result")
Queues = Sequence[Queue[Any]]


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


class Task(NamedTuple):
    """Algo tomado y la cola de la que vino."""

    queue: Queue[Any]
    job: Any

    def describe(self) -> Mapping[str, object]:
        """Lo que el registro dice de ello."""
        return self.queue.describe(self.job)


class Hand:
    """Un hilo: toma algo de sus colas, hace un solo paso y lo suelta."""

    def __init__(self, crew: Crew, name: str, queues: Queues) -> None:
        self._crew = crew
        self._name = name
        self._queues = queues
        self._task: Task | None = None
        self._broken: tuple[Task, Exception] | None = None
        self._failures = 0
        self._turns = count()

    def run(self) -> None:
        """Trabaja hasta que haya que parar."""
        with ExitStack() as stack:
            for queue in self._queues:
                stack.callback(queue.close)
            while not self._crew.stop.is_set() and self._turn():
                pass

    def _turn(self) -> bool:
        """Un paso; devuelve si hay que seguir."""
        self._task = None
        try:
            goes_on = self._work()
        except LostLease:
            logger.warning("el arriendo ya es de otro", extra={"fields": self._described()})
        except Unavailable as error:
            self._wait_for_database(error)
            return not self._crew.once
        # El único lugar que no distingue: algo con lo que el programa falla no detiene a lo demás.
        except Exception as error:  # noqa: BLE001
            self._survive(error)
            return self._task is not None or not self._crew.once
        else:
            return goes_on
        return True

    def _work(self) -> bool:
        if self._broken is not None:
            (task, error), self._broken = self._broken, None
            with transaction() as db:
                task.queue.record_defect(db, task.job, error)
            return True
        self._task = self._next()
        if self._task is not None:
            self._task.queue.attend(self._task.job, self._insist)
        return self._task is not None

    def _next(self) -> Task | None:
        """Lo que toca, o None si hay que parar.

        :raises Unavailable: con `once`, si la base no responde.
        """
        with self._crew.turn:
            while not self._crew.stop.is_set():
                try:
                    task = self._claim()
                except Unavailable as error:
                    if self._crew.once:
                        raise
                    self._wait_for_database(error)
                    continue
                self._failures = 0
                if task is not None or self._crew.once:
                    return task
                self._crew.stop.wait(IDLE_SECONDS)
        return None

    def _claim(self) -> Task | None:
        # Por turnos: lo lento de una cola no atrasa a las demás.
        first = next(self._turns) % len(self._queues)
        with transaction() as db:
            for queue in (*self._queues[first:], *self._queues[:first]):
                if (job := queue.claim(db, self._name)) is not None:
                    return Task(queue, job)
        return None

    def _insist(self, act: Callable[[Session], Result]) -> Result:
        """Una transacción, repetida mientras la base no responda y el arriendo dure.

        Así no se tira lo que el otro ya contestó.

        :raises Unavailable: si la base no respondió a tiempo.
        """
        assert self._task is not None
        for failures in count():
            try:
                with transaction() as db:
                    return act(db)
            except Unavailable as error:
                worth_it = error.code in DATABASE_CODES and now() < self._task.job.until
                if self._crew.stop.is_set() or not worth_it:
                    raise
            self._crew.rest(failures)
        raise AssertionError

    def _wait_for_database(self, error: Unavailable) -> None:
        logger.warning(f"{error.message} El trabajador lo sigue intentando.")
        self._rest()

    def _survive(self, error: Exception) -> None:
        logger.error("error inesperado", exc_info=error, extra={"fields": self._described()})
        if self._task is not None:
            self._broken = self._task, error
        self._rest()

    def _described(self) -> Mapping[str, object]:
        return self._task.describe() if self._task else {}

    def _rest(self) -> None:
        self._crew.rest(self._failures)
        self._failures += 1


def work(crew: Crew, threads: int, queues: Callable[[], Queues], started: Callable[[], None]) -> None:
    """Trabaja con tantos hilos hasta que haya que parar.

    :param queues: hace las colas de un hilo; `started`, lo que se dice cuando ya trabajan.
    """
    prefix = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    hands = [threading.Thread(target=Hand(crew, f"{prefix}:{n}", queues()).run) for n in range(threads)]
    logger.info("trabajador en marcha", extra={"fields": {"threads": threads, "owner": prefix}})
    for hand in hands:
        hand.start()
    started()
    for hand in hands:
        while hand.is_alive():
            # Con límite: en Windows, una espera sin él no oye las señales.
            hand.join(IDLE_SECONDS)
