"""kill -9 en cada paso de lo que mueve dinero o existencias: o todo o nada, y repetir la petición lo sana."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

from common.services import SERVICES
from drills.acts import COMPLETING, ISSUING, PAYING, Act
from drills.failures.dying import HEADER
from drills.house import Broken, House, expect
from drills.insisting import attempt, insist
from drills.stored import Tables, growth, tables
from scripts.machine.ports import HOST
from scripts.starting import lineup
from scripts.trials.calls import Caller, Reply
from scripts.trials.throwaway import beside


def completing(house: House) -> str:
    """Completar una cita que gasta dos productos."""
    return every_step(house, COMPLETING)


def issuing(house: House) -> str:
    """Emitir una factura que saca un producto."""
    return every_step(house, ISSUING)


def paying(house: House) -> str:
    """Cobrar una factura."""
    return every_step(house, PAYING)


def every_step(house: House, act: Act) -> str:
    """Lo hace muriendo cada vez un paso más lejos, hasta que una petición llega al final."""
    with mortal(house, act.service) as address:
        trial = _Trial(house, act, address)
        trial.without_dying()
        deaths = next(steps for steps in count() if not trial.dying_after(steps))
    if not 0 < trial.too_late < deaths:
        raise Broken(f"{trial.too_late} de {deaths} muertes llegaron después de confirmar: no se ensayó todo")
    return (
        f"{deaths} muertes: {deaths - trial.too_late} no dejaron nada, {trial.too_late} lo dejaron todo; "
        f"al repetir quedó hecho una vez, en {trial.slowest:.1f} s como mucho"
    )


class _Trial:
    """Hace lo mismo sobre algo nuevo cada vez, y mira qué quedó escrito.

    :ivar too_late: cuántas muertes llegaron cuando todo estaba ya confirmado.
    :ivar slowest: lo que más tardó en saberse qué pasó, desde la muerte.
    """

    def __init__(self, house: House, act: Act, address: str) -> None:
        self.too_late = 0
        self.slowest = 0.0
        self._house, self._act, self._address = house, act, address
        self._caller = Caller(house.account("Admin")[1])
        self._growth: dict[str, int] = {}

    def without_dying(self) -> None:
        """Lo hace de una vez, para saber qué deja; la primera, que también estrena lo que se hace una vez."""
        for _ in range(2):
            target = self._act.prepare(self._house)
            before = tables(self._house)
            self._call(target, _key()).data  # noqa: B018
            self._growth = growth(before, tables(self._house))
        self._check_done(target, before)

    def dying_after(self, steps: int) -> bool:
        """Lo hace muriendo después de esos pasos y lo repite; falso si llegó al final.

        :raises Broken: si queda a medias, o si al repetirlo no queda hecho una sola vez.
        """
        target, key = self._act.prepare(self._house), _key()
        before = tables(self._house)
        if attempt(lambda: self._call(target, key | {HEADER: str(steps)})) is not None:
            self._check_done(target, before)
            return False
        died = time.monotonic()
        is_done = tables(self._house) != before
        if is_done:
            self.too_late += 1
            self._check_done(target, before)
        reply = insist(lambda: self._call(target, key))
        self.slowest = max(self.slowest, time.monotonic() - died)
        expect(
            reply.status < 300, True, f"al repetir tras {steps} pasos, {reply.content[:300]!r}; salió bien"
        )
        expect("Idempotent-Replayed" in reply.headers, is_done, f"respuesta ya dada, tras {steps} pasos")
        self._check_done(target, before)
        return True

    def _call(self, target: int, headers: Mapping[str, str]) -> Reply:
        url = self._address + self._act.path.format(target)
        return self._caller.call(self._act.method, url, self._act.body, headers)

    def _check_done(self, target: int, before: Tables) -> None:
        with self._house.database() as cursor:
            cursor.execute(self._act.facts, {"id": target})
            expect(cursor.fetchone(), self._act.done, "lo escrito")
        expect(growth(before, tables(self._house)), self._growth, "filas nuevas de cada tabla")


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


@contextmanager
def mortal(house: House, name: str) -> Iterator[str]:
    """La dirección de una copia del servicio que muere cuando se le pide.

    Con un solo proceso, que gunicorn repone bifurcándose: cada muerte es del que atiende.
    """
    info, options = SERVICES[name], ("--workers", "1")
    app, health = f'drills.failures.dying:mortal("{name}")', f"{info.base_path}/health"
    with tempfile.TemporaryDirectory(prefix="clinica-mortal-") as folder:
        log = Path(folder, "servicio.log")
        with beside(info.title, app, log, house.clinic.env, *options, health=health) as (port, _):
            yield lineup.address(info, HOST, port)
