"""Clientes que retienen su conexión: callados, que gotean cabeceras o cuerpo, o que leen despacio.

Un servidor con hilos se queda sin ellos; por eso quien atiende al público es la puerta (nginx), que no
entrega una petición hasta tenerla entera. Se mide con ella y, para que conste, sin ella.
"""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from urllib.parse import urlsplit

from drills.house import House, Skipped, at_once, expect, opened
from drills.load import expect_within
from scripts.starting import front_door
from scripts.trials.calls import Reply

EACH = 100
MEASURING_SECONDS, CLIENTS = 5.0, 4
DROP_SECONDS = 0.5
LONGEST_SECONDS = 5.0
# El plazo del cuerpo, y lo que tarda quien lo vigila en notarlo.
BODY_SECONDS = 15.0
# Menos que los hilos de un servicio: uno por conexión.
FEW = 10
SERVICE = "historia_clinica"


@dataclass(frozen=True)
class Kind:
    """Una manera de ser lento.

    :param start: lo que envía al conectarse.
    :param drop: lo que después envía gota a gota.
    """

    start: bytes
    drop: bytes = b""


def _kinds(house: House) -> dict[str, Kind]:
    base = urlsplit(house.clinic.address(SERVICE)).path
    token = house.account("Recepcion")[1]
    post = f"POST {base}/patients HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    return {
        "callados": Kind(b""),
        "cabeceras": Kind(f"GET {base}/live HTTP/1.1\r\nHost: x\r\nX-Gota: ".encode(), b"a"),
        "cuerpo": Kind(
            f"{post}Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n".encode(), b" "
        ),
        "lectores": Kind(f"GET {base}/docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".encode()),
    }


def behind_the_door(_shared: House) -> str:
    """Cien de cada clase a la vez, con la puerta delante: a los demás no les falla nada."""
    if not front_door.is_installed():
        raise Skipped("falta nginx en este equipo")
    with opened(replicas=2) as house:
        before = _measured(house)
        with ExitStack() as stack:
            for kind in _kinds(house).values():
                stack.enter_context(_attack(house, kind, EACH))
            during = _measured(house)
    expect({reply.status for reply in during}, {200}, "respuestas a los demás")
    expect_within(max(reply.seconds for reply in during), LONGEST_SECONDS, "la respuesta más lenta")
    return f"p95 de los demás clientes: {_p95(before):.0f} ms antes y {_p95(during):.0f} ms durante"


def without_the_door(house: House) -> str:
    """Sin puerta: un cuerpo que gotea se corta con 408, y lo que retienen los demás se dice."""
    kinds = _kinds(house)
    with _attack(house, kinds["cuerpo"], FEW) as slow:
        answers = Counter(_heard(one) for one in slow)
    expect(answers, {408: FEW}, "estados con que se cortó a quienes goteaban su cuerpo")
    held = []
    for name, kind in kinds.items():
        with _attack(house, kind, EACH):
            waited = _live_seconds(house)
        held.append(f"{waited:.1f} s ({name})" if waited < LONGEST_SECONDS else f"más de 5 s ({name})")
        expect_within(_live_seconds(house, BODY_SECONDS), BODY_SECONDS, f"volver a atender tras {name}")
    return f"{FEW} cuerpos que gotean, cortados con 408; con {EACH}, /live contesta a los: {'; '.join(held)}"


def _measured(house: House) -> list[Reply]:
    """Lo que reciben unos clientes normales durante un rato."""
    desk, until = house.desk("Recepcion"), time.monotonic() + MEASURING_SECONDS

    def work() -> list[Reply]:
        replies = []
        while time.monotonic() < until:
            replies.append(desk.call(SERVICE, "GET", "/patients"))
            time.sleep(DROP_SECONDS / 10)
        return replies

    return [reply for replies in at_once([work] * CLIENTS) for reply in replies]


def _p95(replies: list[Reply]) -> float:
    return sorted(reply.seconds for reply in replies)[int(len(replies) * 0.95)] * 1000


@contextmanager
def _attack(house: House, kind: Kind, number: int) -> Iterator[list[socket.socket]]:
    """Ese número de clientes lentos, hasta que se sale del bloque."""
    address = urlsplit(house.clinic.address(SERVICE))
    stop = Event()
    with ExitStack() as stack:
        slow = [stack.enter_context(_connected(address.port or 0)) for _ in range(number)]
        for one in slow:
            one.sendall(kind.start)
        dripping = Thread(target=partial(_drip, slow, kind.drop, stop))
        dripping.start()
        try:
            yield slow
        finally:
            stop.set()
            dripping.join()


def _connected(port: int) -> socket.socket:
    one = socket.socket()
    # Quien lee despacio no deja que su sistema lea por él.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.settimeout(BODY_SECONDS)
    # Otro equipo: la puerta limita las conexiones de cada uno.
    one.bind(("127.0.0.2", 0))
    one.connect(("127.0.0.1", port))
    return one


def _drip(slow: list[socket.socket], drop: bytes, stop: Event) -> None:
    while not stop.wait(DROP_SECONDS):
        for one in slow:
            with suppress(OSError):
                one.sendall(drop)


def _heard(one: socket.socket) -> int:
    """El estado con que se le contestó; cero si se cortó sin decir nada."""
    try:
        return int(one.recv(64).split()[1])
    except (OSError, IndexError):
        return 0


def _live_seconds(house: House, patience: float = LONGEST_SECONDS) -> float:
    """Lo que tarda en contestar que vive, hasta donde se espera."""
    address, started = urlsplit(house.clinic.address(SERVICE)), time.monotonic()
    with (
        suppress(OSError),
        socket.create_connection((address.hostname or "", address.port or 0), patience) as one,
    ):
        one.sendall(f"GET {address.path}/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        if one.recv(64):
            return time.monotonic() - started
    return patience
