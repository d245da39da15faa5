"""Comprobantes electrónicos: kill -9 a quien emite y a quien envía, y al SRI llega cada uno una sola vez."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from common.config import SRI_PATH
from drills.acts import ISSUING_ELECTRONIC
from drills.electronic import check_against_sri, configure, wait_until_authorized
from drills.failures.deaths import every_step
from drills.house import Broken, House, expect, opened
from drills.races import numbers
from scripts.machine.processes import kill_group, ready_log, spawn, stop_all
from scripts.machine.tasks import Task
from scripts.trials.calls import call_once
from scripts.trials.throwaway import ROOT

INVOICES, DEATHS = 40, 6
LONGEST_SENDING_SECONDS = 0.05
START_SECONDS = 60.0
QUIET_SECONDS = 0.3
IN_HAND = "SELECT count(*) FROM sri_documents WHERE lease_until IS NOT NULL"
SENDING = "SELECT count(*) FROM sri_documents WHERE status = 'ENVIADO' AND lease_until IS NOT NULL"
# Como si hubiera pasado el tiempo por el que un muerto tenía tomado lo suyo.
EXPIRE = """
UPDATE sri_documents SET lease_until = now(), next_attempt_at = now() WHERE lease_until IS NOT NULL;
UPDATE sri_deliveries SET lease_until = now(), next_attempt_at = now() WHERE lease_until IS NOT NULL;
"""


def killed(_shared: House) -> str:
    """El servicio, en cada paso de emitir; el trabajador, mientras envía."""
    with opened() as house:
        configure(house)
        # Con el trabajador quieto, para que solo cambie lo que cambia la petición.
        _stop(house.clinic.sri_worker)
        _hurry_sri(house)
        issuing = every_step(house, ISSUING_ELECTRONIC)
        with _invoices_arriving(house):
            in_hand = sum(_dies(house) for _ in range(DEATHS))
        _start(house, house.clinic.sri_worker)
        wait_until_authorized(house)
        count = int(house.stored("SELECT count(*) FROM sri_documents"))
        check_against_sri(house, count)
        expect(_at_sri(house), (count, count), "veces que algo llegó al SRI y comprobantes que tiene")
    if not in_hand:
        raise Broken("ninguna muerte del trabajador lo encontró trabajando: no se ensayó nada")
    return (
        f"{issuing}; {DEATHS} muertes del trabajador con {in_hand} comprobantes en la mano: "
        f"{count} de {count} autorizados, 1 recepción cada uno"
    )


@contextmanager
def _invoices_arriving(house: House) -> Iterator[None]:
    """Facturas que se emiten una tras otra; al salir del bloque ya están todas."""
    with ThreadPoolExecutor(1) as pool:
        issued = [pool.submit(partial(numbers.issue, house)) for _ in range(INVOICES)]
        yield
    expect({one.result().status for one in issued}, {201}, "respuestas al emitir")


def _dies(house: House) -> int:
    """Un trabajador que muere enviando algo; cuántos comprobantes tenía tomados."""
    worker = house.clinic.sri_worker
    _start(house, worker)
    _wait_until_sending(house)
    # Antes de que llegue, cuando el SRI ya lo tiene o cuando ya contestó.
    time.sleep(random.uniform(0, LONGEST_SENDING_SECONDS))  # noqa: S311
    assert worker.process
    kill_group(worker.process.pid)
    worker.process.wait()
    _let_sri_finish(house)
    in_hand = int(house.stored(IN_HAND))
    with house.database() as cursor:
        cursor.execute(EXPIRE)
    return in_hand


def _wait_until_sending(house: House) -> None:
    deadline = time.monotonic() + START_SECONDS
    with house.database() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(SENDING)
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.002)
    raise Broken("el trabajador no envió nada")


def _stop(task: Task) -> None:
    assert task.process
    stop_all([task.process])


def _start(house: House, task: Task) -> None:
    """Inicia un proceso y vuelve cuando ya trabaja."""
    task.log_start = ready_log(task.log)
    task.process = spawn(task.command, ROOT, task.log, house.clinic.env)
    deadline = time.monotonic() + START_SECONDS
    while not task.is_working():
        if time.monotonic() > deadline:
            raise Broken(f"{task.title} no llegó a trabajar: {task.last_words()}")
        time.sleep(0.05)


def _hurry_sri(house: House) -> None:
    """Que el SRI decida en el acto: lo que tarda es mucho menos que el arriendo que aquí se adelanta."""
    simulator = house.clinic.sri_simulator
    _stop(simulator)
    simulator.command += ["--delay", "0"]
    _start(house, simulator)


def _let_sri_finish(house: House) -> None:
    """Espera a que el SRI guarde lo que ya iba en camino: el arriendo del muerto dura mucho más que eso."""
    deadline = time.monotonic() + START_SECONDS
    before = None
    while (found := _at_sri(house)) != before or len(set(found)) > 1:
        if time.monotonic() > deadline:
            raise Broken(f"al SRI llegaron y quedaron {found}")
        before = found
        time.sleep(QUIET_SECONDS)


def _at_sri(house: House) -> tuple[int, int]:
    """Cuántas veces le llegó algo al SRI y cuántos comprobantes tiene."""
    home = house.clinic.env["SRI_URL_PRUEBAS"].removesuffix(SRI_PATH)
    told = call_once("GET", f"{home}/", headers={"Accept": "application/json"}).json
    return told["recepciones"], sum(told["comprobantes"].values())
