"""Vigilar un proceso que no tiene puerto: cuándo se da por bueno y qué se cuenta si no llega a serlo."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.machine.console import UserError
from scripts.machine.processes import MAX_LOG_BYTES, Ledger
from scripts.machine.stopping import StopSignal
from scripts.machine.supervisor import MAX_RESTARTS, Supervisor
from scripts.machine.tasks import Announcement, Task
from tests.launched import wait_for

READY = "ya trabaja"
WORKS = f"import time; print({READY!r}, flush=True); time.sleep(600)"


class Watched(Supervisor):
    """Un solo proceso, con su registro en una carpeta."""

    def __init__(self, folder: Path, code: str) -> None:
        self.task = Task(
            "Prueba", [sys.executable, "-c", code], folder / "logs" / "prueba.log", Announcement(READY)
        )
        super().__init__(folder, [self.task], os.environ, Ledger(folder / "procesos.json"))


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Watched]:
    """Uno que dice que ya trabaja, y sigue."""
    supervisor = Watched(tmp_path, WORKS)
    yield supervisor
    supervisor.stop()


def test_it_is_good_when_it_says_so_and_not_for_what_the_one_before_said(works: Watched) -> None:
    works.task.log.parent.mkdir()
    works.task.log.write_text(f"{READY}\n", encoding="utf-8")

    works.start(StopSignal())

    assert works.task.said().strip() == READY
    assert works.task.log.read_text(encoding="utf-8").count(READY) == 2


def test_a_log_too_big_is_put_aside_and_the_new_one_is_read_from_its_start(works: Watched) -> None:
    works.task.log.parent.mkdir()
    with works.task.log.open("wb") as log:
        log.truncate(MAX_LOG_BYTES + 1)

    works.start(StopSignal())

    assert works.task.said().strip() == READY
    assert works.task.log.with_suffix(".log.1").stat().st_size == MAX_LOG_BYTES + 1


def test_one_that_ends_at_the_start_shows_its_last_words(tmp_path: Path) -> None:
    broken = Watched(tmp_path, "raise RuntimeError('avería de prueba')")

    with pytest.raises(UserError, match=r"(?s)Prueba terminó al iniciar.*avería de prueba"):
        broken.start(StopSignal())
    broken.stop()


def test_one_that_dies_later_is_started_again(works: Watched) -> None:
    works.start(StopSignal())
    first = works.task.process
    assert first
    first.kill()
    first.wait()

    works.watch(StopSignal())

    assert works.task.process is not first
    wait_for(works.task.is_working)


def test_one_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    fleeting = Watched(tmp_path, f"import time; print({READY!r}, flush=True); time.sleep(0.2)")
    fleeting.start(StopSignal())

    with pytest.raises(UserError, match="se cae una y otra vez"):
        wait_for(lambda: fleeting.watch(StopSignal()))
    fleeting.stop()


def test_one_the_clinic_can_do_without_never_stops_the_rest(tmp_path: Path) -> None:
    broken = Watched(tmp_path, "raise SystemExit")
    broken.task.is_essential = False
    broken.task.restarts.extend([time.monotonic()] * MAX_RESTARTS)

    broken.watch(StopSignal())

    assert broken.task.process is None
    assert broken.task.restart_at > time.monotonic()
    assert len(broken.task.restarts) == MAX_RESTARTS
