"""La base que se corta, se congela o termina las sesiones, con gente trabajando."""

import time
from collections.abc import Callable

import psutil

from common.services import SERVICES
from drills.house import House, expect, opened
from drills.load import READ, Load, endings, expect_endings, expect_within, slowest

WARM_SECONDS, AFTER_SECONDS = 2.0, 3.0
DOWN_SECONDS, FROZEN_SECONDS = 10.0, 8.0
# Lo que el sistema tarda en cerrar las conexiones de un servidor cortado.
FALLING_SECONDS = 1.0
RECOVERY_SECONDS = 5.0
# Esperar una conexión y abrirla, con holgura.
LONGEST_SECONDS = 10.0
ROUNDS, EVERY_SECONDS = 8, 0.5
SESSIONS = "backend_type = 'client backend' and pid <> pg_backend_pid()"
# Más que los hilos que atienden en cada servicio.
CROWD = 24


def stopped(_shared: House) -> str:
    """PostgreSQL cortado con kill -9 diez segundos, y encendido de nuevo."""
    with opened(fast=False) as house:
        with Load(house) as load:
            time.sleep(WARM_SECONDS)
            down_at = _cut(house)
            _every_second(lambda: _check_health(house, 503), until=down_at + DOWN_SECONDS)
            called = time.monotonic()
            house.clinic.server.start()
            back = time.monotonic()
            time.sleep(AFTER_SECONDS)
        meanwhile = [one for one in load.seen if down_at < one.started and one.ended < called]
        expect_endings(meanwhile, "503")
        expect_endings(load.seen, "200", "503")
        expect_within(slowest(load.seen), LONGEST_SECONDS, "la respuesta más lenta")
        recovery = max(0.0, load.back_at(called) - back)
        expect_within(recovery, RECOVERY_SECONDS, "volver a atender")
        expect_endings([one for one in load.seen if one.started > back + recovery], "200")
        _check_health(house, 200)
        confirmed = load.check_nothing_lost()
    return (
        f"{len(meanwhile)} respuestas mientras tanto, todas 503 con Retry-After y la más lenta de "
        f"{slowest(meanwhile):.1f} s; atiende {recovery:.1f} s después de volver; de {confirmed} escrituras "
        "contestadas, ninguna perdida ni doble"
    )


def _cut(house: House) -> float:
    """Corta PostgreSQL con kill -9; desde cuándo está caído."""
    for process in _postgres(house):
        process.kill()
    time.sleep(FALLING_SECONDS)
    return time.monotonic()


def _postgres(house: House) -> list[psutil.Process]:
    """El proceso principal y los de sus sesiones."""
    notes = (house.clinic.server.data_dir / "postmaster.pid").read_text(encoding="utf-8")
    first = psutil.Process(int(notes.splitlines()[0]))
    return [first, *first.children(recursive=True)]


def _check_health(house: House, status: int) -> None:
    for name in SERVICES:
        expect(house.nobody.call(name, "GET", "/health").status, status, f"salud de {name}")
        expect(house.nobody.call(name, "GET", "/live").status, 200, f"vida de {name}")


def _every_second(act: Callable[[], None], until: float) -> None:
    while time.monotonic() < until:
        act()
        time.sleep(1)


def terminated(house: House) -> str:
    """Todas las sesiones terminadas cada medio segundo: a quien lee no le falla nada."""
    query = f"select count(pg_terminate_backend(pid)) from pg_stat_activity where {SESSIONS}"
    with Load(house) as load:
        time.sleep(WARM_SECONDS)
        ended = 0
        for _ in range(ROUNDS):
            ended += house.stored(query)
            time.sleep(EVERY_SECONDS)
    expect_endings(load.seen, "200", "503")
    reads = [one for one in load.seen if one.kind == READ]
    expect(endings(reads), {f"{READ} 200": len(reads)}, "lecturas")
    confirmed = load.check_nothing_lost()
    refused = sum(not one.is_good for one in load.seen)
    return (
        f"{ended} sesiones terminadas: {len(reads)} lecturas sin un fallo; {confirmed} escrituras, "
        f"con {refused} 503 que se repitieron, ninguna perdida ni doble"
    )


def frozen(house: House) -> str:
    """PostgreSQL detenido sin cerrarse, que es lo que no da ningún error."""
    lives: list[float] = []
    with Load(house, CROWD) as load:
        time.sleep(WARM_SECONDS)
        processes = _postgres(house)
        for process in processes:
            process.suspend()
        try:
            until = time.monotonic() + FROZEN_SECONDS
            _every_second(lambda: lives.append(_live_seconds(house)), until)
        finally:
            back = time.monotonic()
            for process in processes:
                process.resume()
        time.sleep(AFTER_SECONDS)
    expect_endings(load.seen, "200", "503")
    expect_within(max(lives), RECOVERY_SECONDS, "decir que el proceso vive")
    expect_within(slowest(load.seen), FROZEN_SECONDS + LONGEST_SECONDS, "la respuesta más lenta")
    recovery = load.back_at(back) - back
    expect_within(recovery, RECOVERY_SECONDS, "volver a atender")
    confirmed, refused = load.check_nothing_lost(), sum(not one.is_good for one in load.seen)
    return (
        f"{refused} respuestas 503; la más lenta, {slowest(load.seen):.1f} s; /live en {max(lives):.1f} s; "
        f"atiende {recovery:.1f} s después; de {confirmed} escrituras, ninguna perdida ni doble"
    )


def _live_seconds(house: House) -> float:
    reply = house.nobody.call("inventario", "GET", "/live")
    expect(reply.status, 200, "vida de inventario")
    return reply.seconds
