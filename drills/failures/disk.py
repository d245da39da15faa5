"""El disco donde están la base y los registros, lleno mientras se trabaja."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2

from drills.house import Broken, House, Skipped, expect, opened
from drills.load import READ, Load, Seen, endings, expect_endings, expect_within

MEGABYTES = 400
WARM_SECONDS, FULL_SECONDS, AFTER_SECONDS = 2.0, 6.0, 3.0
RECOVERY_SECONDS = 5.0
# Lo que otros sueltan mientras se llena.
CRUMBS = 1 << 20
SHUTDOWN_SECONDS = 20.0


def full(_shared: House) -> str:
    """Sin espacio para los datos se niega lo que escribe; sin espacio para el diario, PostgreSQL se apaga."""
    # Que cada petición deje su línea en un registro que tampoco cabe.
    noisy = {"LOG_LEVEL": "INFO"}
    with _small_disk() as folder, opened(fast=False, variables=noisy, folder=folder) as house:
        with Load(house) as load:
            time.sleep(WARM_SECONDS)
            with _filled(folder):
                time.sleep(FULL_SECONDS)
                freed = time.monotonic()
            time.sleep(AFTER_SECONDS)
        refused = _check_refusals(load.seen)
        recovery = load.back_at(freed) - freed
        expect_within(recovery, RECOVERY_SECONDS, "volver a atender al haber espacio")
        confirmed = load.check_nothing_lost()
        confirmed_later = _without_room_for_the_journal(house, folder)
        dead = [task.title for task in house.clinic.tasks.values() if task.died()]
        expect(dead, [], "servicios que murieron")
    return (
        f"{refused} escrituras respondidas 503, ninguna lectura; con espacio atiende en {recovery:.1f} s sin "
        f"reiniciar nada; de {confirmed} escrituras, ninguna perdida; sin espacio para el diario, PostgreSQL "
        f"se apaga y todo es 503 hasta encenderlo; de {confirmed_later}, ninguna perdida"
    )


def _check_refusals(seen: list[Seen]) -> int:
    expect_endings(seen, "200", "503")
    reads = [one for one in seen if one.kind == READ]
    expect(endings(reads), {f"{READ} 200": len(reads)}, "lecturas")
    codes = [one.reply.json["code"] for one in seen if one.reply and not one.is_good]
    expect(set(codes), {"base_sin_espacio"}, "códigos de lo que se negó")
    return len(codes)


def _without_room_for_the_journal(house: House, folder: Path) -> int:
    with Load(house) as load:
        time.sleep(WARM_SECONDS)
        with _filled(folder):
            _wait_until_it_shuts_down(house)
        house.clinic.server.start()
        back = time.monotonic()
        time.sleep(AFTER_SECONDS)
    expect_endings(load.seen, "200", "503")
    expect_within(load.back_at(back) - back, RECOVERY_SECONDS, "volver a atender al encender la base")
    return load.check_nothing_lost()


def _wait_until_it_shuts_down(house: House) -> None:
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    while house.clinic.server.is_running():
        if time.monotonic() > deadline:
            raise Broken("PostgreSQL siguió en marcha sin espacio para su diario")
        with suppress(psycopg2.Error):
            # Cada archivo nuevo del diario necesita su espacio.
            house.stored("select pg_switch_wal()")
        time.sleep(0.2)


@contextmanager
def _small_disk() -> Iterator[Path]:
    """Un disco pequeño, en memoria.

    :raises Skipped: si aquí no se puede montar.
    """
    with tempfile.TemporaryDirectory(prefix="clinica-disco-") as folder:
        _run("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "clinica", folder)
        try:
            yield Path(folder)
        finally:
            _run("umount", "--lazy", folder)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Skipped(f"falta {command[0]} para montar un disco pequeño") from error
    if done.returncode:
        raise Skipped(f"no se puede montar un disco pequeño ({done.stderr.strip()})")


@contextmanager
def _filled(folder: Path) -> Iterator[None]:
    """El disco, sin un byte libre hasta que se sale del bloque."""
    ballast = folder / "lastre"
    try:
        with ballast.open("wb", buffering=0) as output:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while output.write(bytes(size)):
                        pass
        yield
        disk = os.statvfs(folder)
        expect(disk.f_bavail * disk.f_frsize < CRUMBS, True, "el disco siguió lleno")
    finally:
        ballast.unlink()
