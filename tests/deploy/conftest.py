"""La puerta en un nginx de verdad."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.machine.ports import answers, free_ports
from scripts.machine.processes import spawn, stop_all
from scripts.starting.front_door import front_door
from tests.deploy.door import Door
from tests.deploy.replica import Replica


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Door]]:
    """`opened(citas=[…])`: la puerta, con las réplicas de los servicios que se digan.

    :param prepare: cambia la copia antes de abrir: para no esperar aquí lo que se espera de verdad.
    """
    with ExitStack() as stack:

        def start(prepare: Callable[[Path], None] | None = None, **served: list[Replica]) -> Door:
            place = tmp_path / "nginx"
            ports = {name: [replica.port for replica in group] for name, group in served.items()}
            used = {port for group in ports.values() for port in group}
            door = Door(place, next(port for port in free_ports() if port not in used))
            task = front_door(place, door.port, ports).task
            if prepare:
                prepare(place)
            process = spawn(task.command, place, task.log, os.environ)
            stack.callback(stop_all, [process])
            while not answers(door.port):
                assert process.poll() is None, task.last_words()
                time.sleep(0.02)
            return door

        yield start
