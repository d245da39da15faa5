"""Los servicios, muertos todos a la vez con gente trabajando."""

import time

from drills.house import Broken, House
from drills.load import CUT, Load, expect_endings, expect_within
from scripts.machine.processes import kill_group
from scripts.machine.stopping import StopSignal
from scripts.machine.tasks import Task

WARM_SECONDS, AFTER_SECONDS = 2.0, 2.0
ROUNDS = 2
RESTART_SECONDS = 60.0


def killed(house: House) -> str:
    """kill -9 a los cinco servicios y al trabajador del SRI; los repone quien cuida de ellos."""
    seconds: list[float] = []
    with Load(house) as load:
        for _ in range(ROUNDS):
            time.sleep(WARM_SECONDS)
            died = time.monotonic()
            _kill_all(house)
            _wait_for_all(house, died + RESTART_SECONDS)
            seconds.append(time.monotonic() - died)
        time.sleep(AFTER_SECONDS)
    # Un 503 sería de la base, que aquí no falla.
    expect_endings(load.seen, "200", CUT, "409")
    expect_within(load.back_at(died) - died, RESTART_SECONDS, "volver a atender")
    confirmed = load.check_nothing_lost()
    return (
        f"{ROUNDS} veces; en marcha de nuevo en {max(seconds):.1f} s; de {confirmed} escrituras contestadas, "
        "ninguna perdida ni doble"
    )


def _tasks(house: House) -> list[Task]:
    return [*house.clinic.tasks.values(), house.clinic.sri_worker]


def _kill_all(house: House) -> None:
    for task in _tasks(house):
        if task.process:
            kill_group(task.process.pid)


def _wait_for_all(house: House, deadline: float) -> None:
    """Como `run_all`: repone lo que se cayó, hasta que todo trabaja."""
    stop = StopSignal()
    while True:
        house.clinic.supervisor.watch(stop)
        tasks = _tasks(house)
        if all(not task.died() and task.is_working() for task in tasks):
            return
        if time.monotonic() > deadline:
            raise Broken(f"siguen sin trabajar {[task.title for task in tasks if not task.is_working()]}")
