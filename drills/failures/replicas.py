"""Dos réplicas de cada servicio entre nginx y PgBouncer: todo se cumple igual, y una puede morir.

Ningún proceso guarda en su memoria algo sin lo que otro se equivocaría.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from http.client import IncompleteRead
from threading import Event
from typing import Any

from common.services import SERVICES
from drills import fixtures
from drills.attacks import revoked
from drills.house import Broken, House, Skipped, at_once, expect, expect_only, opened, outcome
from drills.races import bookings, consumption, numbers, payments, repeats
from scripts.machine.processes import kill_group
from scripts.machine.stopping import StopSignal
from scripts.machine.tasks import Task
from scripts.starting import front_door, pooler
from scripts.trials.calls import Reply

COUNT = 2
# Un solo proceso en cada réplica: así lo que se reparte se reparte entre réplicas.
ONE_PROCESS = {"WEB_WORKERS": "1"}
SAME_PROMISES = (bookings.one_slot, consumption.too_few_units, payments.two_hundred, revoked.every_closing)
LEAST_SHARE = 0.25
CLIENTS, BEFORE_SECONDS, AFTER_SECONDS, BACK_SECONDS = 4, 2.0, 4.0, 8.0
# Lo que oye quien esperaba a la réplica que murió: el error de la puerta, o la mitad de una respuesta.
CUT = "respuesta a medias"
UNSURE = {"502 servicio_no_disponible", CUT}


def same_promises(_shared: House) -> str:
    """Los ensayos de carreras, por la puerta: reservas, existencias, cobros, sesiones, claves y números."""
    with _replicated() as house:
        for drill in SAME_PROMISES:
            drill(house)
        _one_key_in_both(house)
        _numbers(house)
        share = _least_share(house)
    expect(share >= LEAST_SHARE, True, f"peticiones que atendió la réplica menos ocupada ({share:.0%})")
    return f"{len(SAME_PROMISES) + 2} ensayos iguales; la réplica menos ocupada atendió {share:.0%}"


def _replicated() -> AbstractContextManager[House]:
    for name, tool in (("nginx", front_door), ("PgBouncer", pooler)):
        if not tool.is_installed():
            raise Skipped(f"falta {name} en este equipo")
    return opened(variables=ONE_PROCESS, replicas=COUNT, pooled=True)


def _one_key_in_both(house: House) -> None:
    """Una misma clave, 50 veces a la vez, por las dos réplicas."""
    before = len(_entries(house))
    repeats.fifty_times(house)
    seen: dict[tuple[str, str], set[str]] = {}
    for entry in _entries(house)[before:]:
        seen.setdefault((entry["method"], entry["path"]), set()).add(entry["replica"])
    times = Counter((entry["method"], entry["path"]) for entry in _entries(house)[before:])
    often = {what: seen[what] for what, number in times.items() if number >= repeats.TIMES}
    expect({len(group) for group in often.values()}, {COUNT}, "réplicas por las que pasó cada clave")


def _numbers(house: House) -> None:
    """300 facturas emitidas a la vez: un número cada una, sin saltos."""
    replies = at_once([partial(numbers.issue, house)] * 300)
    expect_only(replies, "201")
    found = [reply.data["invoice"]["invoice_number"] for reply in replies]
    numbers.check_consecutive(found, 300, "de 300 facturas", first=numbers.lowest(found))


def _least_share(house: House) -> float:
    """La parte que le tocó a la réplica que menos atendió de las de su servicio."""
    shares = []
    for name, info in SERVICES.items():
        found = Counter(e["replica"] for e in _entries(house) if e["path"].startswith(f"{info.base_path}/"))
        expect(len(found), COUNT, f"réplicas de {name} que atendieron")
        shares.append(min(found.values()) / found.total())
    return min(shares)


def _entries(house: House) -> list[dict[str, Any]]:
    assert house.clinic.door
    return house.clinic.door.entries()


def one_dies(_shared: House) -> str:
    """Cada réplica de inventario muere por turno, con -9 y bajo carga; la otra sigue y la muerta vuelve."""
    with _replicated() as house:
        with_key, without_key, read = (fixtures.product(house) for _ in range(3))
        sure, doubtful, seen = _while_they_die(
            house,
            partial(_add_until_sure, house, with_key),
            partial(_add, house, without_key),
            partial(_read, house, read),
        )
        expect(set(sure), {"200"}, "respuestas a quien repite con clave")
        expect(set(seen) - {CUT}, {"200"}, "respuestas a quien lee")
        expect(set(doubtful) - UNSURE, {"200"}, "respuestas a quien no repite")
        expect(_stock(house, with_key), sure["200"], "existencia de lo escrito con clave")
        found, least, most = _stock(house, without_key), doubtful["200"], doubtful.total()
        expect(least <= found <= most, True, f"existencia sin clave ({found}) tras {dict(doubtful)}")
    return (
        f"{sure['200']} escrituras con clave, una vez cada una; sin ella, las {least} contestadas están y"
        f" {most - least} quedaron en duda; {seen['200']} lecturas bien y {seen[CUT]} a medias"
    )


def _while_they_die(house: House, *works: Callable[[], str]) -> list[Counter[str]]:
    """Las respuestas que hubo de cada trabajo, repetido por varios clientes mientras mueren las réplicas."""
    stop = Event()
    with ThreadPoolExecutor(len(works) * CLIENTS) as pool:
        try:
            clients = [[pool.submit(_repeat, work, stop) for _ in range(CLIENTS)] for work in works]
            for victim in house.clinic.replicas["inventario"]:
                _kill_under_load(house, victim)
        finally:
            stop.set()
        return [sum((client.result() for client in group), Counter()) for group in clients]


def _answer(send: Callable[[], Reply]) -> str:
    try:
        return outcome(repeats.insist(send))
    except IncompleteRead:
        return CUT


def _add(house: House, product: int, headers: Mapping[str, str] | None = None) -> str:
    """Suma uno; lo que no se contesta queda en duda."""
    body = {"quantity_change": 1, "reason": "COMPRA"}
    path = f"/products/{product}/stock"
    return _answer(partial(house.admin.call, "inventario", "PATCH", path, body, headers))


def _add_until_sure(house: House, product: int) -> str:
    """Suma uno; si no sabe si quedó, repite con la misma clave."""
    key = repeats.new_key()
    while (answer := _add(house, product, key)) in UNSURE:
        continue
    return answer


def _read(house: House, product: int) -> str:
    return _answer(partial(house.admin.call, "inventario", "GET", f"/products/{product}"))


def _stock(house: House, product: int) -> int:
    return int(house.stored("SELECT stock_quantity FROM products WHERE product_id = %s", product))


def _repeat(work: Callable[[], str], stop: Event) -> Counter[str]:
    """Cuántas respuestas hubo de cada clase hasta que se pidió parar."""
    answers: Counter[str] = Counter()
    while not stop.is_set():
        answers[work()] += 1
    return answers


def _kill_under_load(house: House, victim: Task) -> None:
    assert victim.process
    time.sleep(BEFORE_SECONDS)
    kill_group(victim.process.pid)
    time.sleep(AFTER_SECONDS)
    deadline = time.monotonic() + repeats.DEADLINE_SECONDS
    while victim.died() or not victim.is_working():
        house.clinic.supervisor.watch(StopSignal())
        if time.monotonic() > deadline:
            raise Broken("la réplica muerta no volvió")
    before = len(_entries(house))
    # nginx tarda unos segundos en volver a contar con ella.
    time.sleep(BACK_SECONDS)
    served = {entry["replica"] for entry in _entries(house)[before:]}
    # Una petición que se pasó de una a otra lleva las dos.
    alone = {replica for replica in served if "," not in replica}
    expect(len(alone), COUNT, "réplicas que atienden tras la vuelta de la muerta")
