"""Todas las conexiones atascadas detrás de una tabla bloqueada."""

import time
from functools import partial
from threading import Event, Thread

from drills.house import House, at_once, expect, outcomes, statuses
from drills.load import expect_within

CALLS = 60
# El bloqueo que una consulta espera, y esperar una conexión.
LONGEST_SECONDS = 10.0
LIVE_SECONDS = 5.0


def locked(house: House) -> str:
    """Sesenta peticiones a un servicio cuyas conexiones esperan todas una tabla que no se suelta."""
    ask = partial(house.desk("Bodega").call, "inventario", "GET", "/products")
    expect(ask().status, 200, "antes del bloqueo")
    with house.database() as cursor, _Pulse(house) as pulse:
        cursor.execute("lock table products in access exclusive mode")
        replies = at_once([ask] * CALLS, threads=CALLS)
    expect(statuses(replies), {503: CALLS}, "respuestas")
    expect([reply for reply in replies if "Retry-After" not in reply.headers], [], "sin Retry-After")
    longest = max(reply.seconds for reply in replies)
    expect_within(longest, LONGEST_SECONDS, "la respuesta más lenta")
    expect_within(pulse.slowest, LIVE_SECONDS, "decir que el proceso vive")
    after = at_once([ask] * CALLS, threads=CALLS)
    expect(statuses(after), {200: CALLS}, "al soltarse")
    return (
        f"{outcomes(replies)} en {longest:.1f} s como mucho; /live en {pulse.slowest:.1f} s; al soltarse, "
        f"{CALLS} de {CALLS} bien en {max(reply.seconds for reply in after):.1f} s"
    )


class _Pulse:
    """Pregunta sin parar si el proceso vive, hasta que se sale del bloque.

    :ivar slowest: lo que más tardó en contestar.
    """

    def __init__(self, house: House) -> None:
        self.slowest = 0.0
        self._house = house
        self._stop = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> "_Pulse":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            self._house.nobody.call("inventario", "GET", "/live")
            self.slowest = max(self.slowest, time.monotonic() - started)
            self._stop.wait(0.2)
