"""Gente trabajando mientras algo se rompe, con la cuenta exacta de lo que se dio por hecho.

Quienes escriben repiten cada entrada de inventario con su misma clave hasta saber que entró: al final la
existencia es la que dijeron las respuestas, ni una unidad menos (perdida) ni una más (doble).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Self
from uuid import uuid4

from drills import fixtures
from drills.house import Broken, House, expect
from drills.insisting import PAUSE_SECONDS, attempt, says_what_happened
from scripts.trials.calls import Reply

WRITE, READ = "escritura", "lectura"
CUT = "sin respuesta"
ERROR_KEYS = {"success", "message", "code", "errors", "request_id"}


@dataclass(frozen=True)
class Seen:
    """Una petición y cómo acabó.

    :param reply: nada, si la conexión se cortó sin ella.
    """

    kind: str
    started: float
    ended: float
    reply: Reply | None

    @property
    def seconds(self) -> float:
        """Lo que tardó."""
        return self.ended - self.started

    @property
    def is_good(self) -> bool:
        """Si hizo lo pedido."""
        return self.reply is not None and self.reply.status < 300

    @property
    def ending(self) -> str:
        """El estado con que acabó, y si es un 503 sin lo que todo 503 lleva."""
        if self.reply is None:
            return CUT
        is_complete = "Retry-After" in self.reply.headers and self.reply.json.keys() >= ERROR_KEYS
        return "503 incompleto" if self.reply.status == 503 and not is_complete else str(self.reply.status)


class Load:
    """Clientes que no paran hasta que se sale del bloque.

    :param each: cuántos escriben; otros tantos leen.
    :ivar seen: todas las peticiones, en el orden en que acabaron.
    """

    def __init__(self, house: House, each: int = 8) -> None:
        self.seen: list[Seen] = []
        self._house = house
        self._desk = house.desk("Admin")
        self._stop = Event()
        self._pool = ThreadPoolExecutor(each * 2)
        self._clients: list[Future[None]] = []
        # Lo que se contestó de cada producto: un producto por cliente, para que no se esperen entre sí.
        self._moved: dict[int, list[int]] = {fixtures.product(house): [] for _ in range(each)}

    def __enter__(self) -> Self:
        self._clients = [self._pool.submit(self._write, product) for product in self._moved]
        self._clients += [self._pool.submit(self._read) for _ in self._moved]
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        for client in self._clients:
            client.result()

    def _write(self, product: int) -> None:
        path, body = f"/products/{product}/stock", {"quantity_change": 1, "reason": "COMPRA"}
        while not self._stop.is_set():
            key = {"Idempotency-Key": uuid4().hex}
            reply = self._insisted(lambda: self._desk.call("inventario", "PATCH", path, body, key))  # noqa: B023
            self._moved[product].append(reply.data["movement"]["movement_id"])

    def _insisted(self, call: Callable[[], Reply]) -> Reply:
        while True:
            reply = self._timed(WRITE, call)
            if reply is not None and says_what_happened(reply):
                return reply

    def _read(self) -> None:
        while not self._stop.is_set():
            self._timed(READ, lambda: self._desk.call("historia_clinica", "GET", "/patients"))

    def _timed(self, kind: str, call: Callable[[], Reply]) -> Reply | None:
        started = time.monotonic()
        reply = attempt(call)
        self.seen.append(Seen(kind, started, time.monotonic(), reply))
        time.sleep(PAUSE_SECONDS)
        return reply

    def check_nothing_lost(self) -> int:
        """Comprueba que está lo que se contestó y nada más; dice cuánto es.

        :raises Broken: si falta o sobra algo.
        """
        for product, answered in self._moved.items():
            (found,) = self._house.rows(
                """select max(stock_quantity), count(*), count(*) filter (where movement_id = any(%s))
                    from products left join stock_movements using (product_id) where product_id = %s""",
                answered,
                product,
            )
            expect(found, (len(answered),) * 3, "existencia, movimientos, y de ellos los contestados")
        return sum(map(len, self._moved.values()))

    def back_at(self, since: float) -> float:
        """Cuándo acabó bien la primera de la clase que más tardó en hacerlo.

        :raises Broken: si las de una clase no volvieron a acabar bien.
        """
        first: dict[str, float] = {}
        for one in self.seen:
            if one.is_good and one.ended > since:
                first.setdefault(one.kind, one.ended)
        if len(first) < 2:
            raise Broken(f"no volvió a atender: {endings(self.seen)}")
        return max(first.values())


def endings(seen: Iterable[Seen]) -> dict[str, int]:
    """Cuántas acabaron de cada modo: {"lectura 200": 9}."""
    return dict(sorted(Counter(f"{one.kind} {one.ending}" for one in seen).items()))


def expect_endings(seen: Iterable[Seen], *allowed: str) -> None:
    """Comprueba que hubo de las dos clases y que todas acabaron de uno de esos modos.

    :raises Broken: con los que hubo.
    """
    seen = list(seen)
    others = {one.ending for one in seen} - set(allowed)
    if others or {one.kind for one in seen} != {READ, WRITE}:
        raise Broken(f"se esperaban de las dos clases {' o '.join(allowed)}, y hubo {endings(seen)}")


def slowest(seen: Iterable[Seen]) -> float:
    """Lo que tardó la más lenta."""
    return max((one.seconds for one in seen), default=0.0)


def expect_within(seconds: float, most: float, what: str) -> None:
    """Comprueba un plazo.

    :raises Broken: si pasa.
    """
    if seconds > most:
        raise Broken(f"{what}: {seconds:.1f} s, y el plazo es de {most:.0f} s")
