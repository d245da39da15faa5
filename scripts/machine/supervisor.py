"""Los procesos en marcha: iniciarlos, esperar a que trabajen, reponer el que se caiga."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.machine.console import UserError, say
from scripts.machine.processes import Ledger, kill_group, ready_log, spawn, stop_all
from scripts.machine.stopping import StopSignal
from scripts.machine.tasks import Task

WORKING_SECONDS = 60.0
POLL_SECONDS = 0.2
MAX_RESTARTS, RESTART_WINDOW_SECONDS = 5, 60.0


class Supervisor:
    """Cuida de todos a la vez, tengan puerto o no.

    :param tell: a quién se le cuenta cómo van.
    """

    def __init__(
        self,
        root: Path,
        tasks: list[Task],
        env: Mapping[str, str],
        ledger: Ledger,
        tell: Callable[[str], None] = say,
    ) -> None:
        self._root = root
        self._tasks = tasks
        self._env = env
        self._ledger = ledger
        self._tell = tell

    def start(self, stop: StopSignal) -> None:
        """Inicia todos y vuelve cuando todos trabajan.

        :raises UserError: uno terminó o no llegó a trabajar a tiempo; incluye el final de su registro.
        """
        for task in self._tasks:
            stop.check()
            self._spawn(task)
        for task in self._tasks:
            self._wait_until_working(task, stop)

    def watch(self, stop: StopSignal) -> None:
        """Una ronda: repone lo que se haya caído, cada vez con más espera.

        :raises UserError: uno se cae demasiadas veces.
        """
        for task in self._tasks:
            if task.died():
                self._restart_when_due(task)
        stop.wait(POLL_SECONDS)

    def stop(self) -> None:
        """Detiene todos, en el orden inverso al de inicio."""
        stop_all([task.process for task in reversed(self._tasks) if task.process])
        self._ledger.write([])

    def _spawn(self, task: Task) -> None:
        task.log_start = ready_log(task.log)
        task.process = spawn(task.command, self._root, task.log, self._env)
        self._ledger.write([task.process.pid for task in self._tasks if task.process])

    def _wait_until_working(self, task: Task, stop: StopSignal) -> None:
        deadline = time.monotonic() + WORKING_SECONDS
        while not task.is_working():
            if task.died():
                raise UserError(f"{task.title} terminó al iniciar:\n{task.last_words()}")
            if time.monotonic() > deadline:
                seconds = f"{WORKING_SECONDS:.0f} s"
                raise UserError(f"{task.title} no llegó a trabajar en {seconds}:\n{task.last_words()}")
            stop.wait(POLL_SECONDS)
        self._tell(f"  {task.title}: {task.sign.words}.")

    def _restart_when_due(self, task: Task) -> None:
        now = time.monotonic()
        if task.restart_at == 0.0:
            self._plan_restart(task, now)
        if now >= task.restart_at:
            task.restart_at = 0.0
            self._spawn(task)

    def _plan_restart(self, task: Task, now: float) -> None:
        if task.process:
            kill_group(task.process.pid)
        while task.restarts and now - task.restarts[0] > RESTART_WINDOW_SECONDS:
            task.restarts.popleft()
        if len(task.restarts) == MAX_RESTARTS:
            self._give_up(task)
            return
        task.restart_at = now + len(task.restarts)
        task.restarts.append(now)
        self._tell(f"{task.title} se cayó; se inicia de nuevo (registro: {task.log}).")

    def _give_up(self, task: Task) -> None:
        """Sin uno de los servicios no se atiende; sin lo demás sí, y se insiste cada minuto.

        :raises UserError: si es imprescindible.
        """
        if task.is_essential:
            raise UserError(f"{task.title} se cae una y otra vez:\n{task.last_words()}")
        task.restart_at = task.restarts.popleft() + RESTART_WINDOW_SECONDS
        task.restarts.append(task.restart_at)
        self._tell(
            f"{task.title} se cae una y otra vez; lo demás sigue y se insistirá (registro: {task.log})."
        )
