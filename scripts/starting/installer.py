"""Prepara `.venv` una sola vez y ejecuta en él lo que se pidió: `install`, `run`, `test` o `prove`.

Usa solo la biblioteca estándar, porque corre antes de que haya nada instalado.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.machine.console import UserError, complain, explain, indent, prepare_output, say, telling
from scripts.machine.system import FileLock, die_with_parent
from scripts.machine.venv_state import Venv

ROOT = Path(__file__).resolve().parent.parent.parent
RUNTIME = ("requirements.lock",)
DEVELOPMENT = ("requirements.lock", "requirements-dev.lock")

# Orden → (lo que se instala, módulo que se ejecuta después).
COMMANDS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "install": (RUNTIME, None),
    "run": (RUNTIME, "scripts.launcher"),
    "test": (DEVELOPMENT, "pytest"),
    "prove": (DEVELOPMENT, "drills"),
}
PIP_OPTIONS = ("--no-input", "--disable-pip-version-check", "--progress-bar", "off")
# Variables que llevarían la instalación, o las importaciones, a otra parte.
MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")


def main(arguments: list[str]) -> int:
    """Cumple una orden y devuelve el código de salida."""
    prepare_output()
    for name in MISLEADING:
        os.environ.pop(name, None)
    command, *rest = arguments or [""]
    if command not in COMMANDS:
        complain("Órdenes: " + ", ".join(COMMANDS) + ".")
        return 2
    requirements, module = COMMANDS[command]
    try:
        venv = Venv(ROOT)
        with _one_at_a_time():
            if command == "run" and venv.pending(requirements):
                _check_ports()
            ensure(venv, requirements)
    except UserError as error:
        complain(str(error))
        return 1
    except OSError as error:
        complain(explain(error))
        return 1
    except KeyboardInterrupt:
        complain("\nInstalación interrumpida; se retomará la próxima vez.")
        return 130
    return _execute(venv, module, [*_options(command), *rest])


def _check_ports() -> None:
    # Aquí, porque instalar o probar no necesita lo de los servicios.
    from scripts.starting.early_ports import check_early

    check_early(ROOT)


def _options(command: str) -> list[str]:
    """Las pruebas van en dos procesos, cada uno con su servidor; una base dada no se puede repartir."""
    if command != "test" or os.environ.get("TEST_DATABASE_URL"):
        return []
    return ["--numprocesses=2", "--dist=loadfile"]


def ensure(venv: Venv, wanted: tuple[str, ...]) -> None:
    """Deja el entorno completo; si ya lo está, no toca nada."""
    if venv.path.exists() and (damage := venv.damage()):
        say(f"El entorno .venv no sirve ({damage}): se vuelve a crear.")
        _remove(venv.path)
    if not venv.path.exists():
        _create(venv)
    if reason := venv.pending(wanted):
        _install(venv, wanted, reason)
        _check(venv)
        venv.seal(wanted)


def _create(venv: Venv) -> None:
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise UserError(
            "A este Python le falta el módulo venv; en Debian o Ubuntu se instala con: "
            f"sudo apt install python{version}-venv"
        )
    say(f"Creando el entorno .venv con Python {sys.version.split()[0]}…")
    code, output = _follow([sys.executable, "-m", "venv", str(venv.path)])
    if code:
        raise UserError(f"No se pudo crear el entorno .venv:\n{indent(output)}")


def _install(venv: Venv, wanted: tuple[str, ...], reason: str) -> None:
    say(f"{reason} (la primera vez puede tardar unos minutos)…")
    started = time.monotonic()
    files = [part for name in wanted for part in ("-r", name)]
    code, output = _follow(
        [str(venv.python), "-m", "pip", "install", *PIP_OPTIONS, "--require-hashes", *files]
    )
    if code:
        raise UserError(
            "No se pudieron instalar las dependencias; compruebe la conexión a internet y el "
            f"espacio en disco, y repita. Lo último que dijo pip:\n{indent(output)}"
        )
    say(f"Dependencias instaladas en {time.monotonic() - started:.0f} s.")


def _check(venv: Venv) -> None:
    """Una instalación anterior cortada puede dejar paquetes que pip cree completos."""
    if missing := venv.missing_files():
        _remove(venv.path)
        raise UserError(
            f"El entorno .venv quedó incompleto (falta {missing[0]}) y se borró: repita la orden."
        )


def _follow(command: list[str]) -> tuple[int, str]:
    """Ejecuta la orden mostrando por dónde va; devuelve su código y todo lo que dijo."""
    lines: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # Si matan a este proceso, un pip huérfano no debe cruzarse con el del siguiente intento.
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    with process, telling(lambda: _step(lines)):
        for line in process.stdout or ():
            lines.append(line)  # de una en una: así quien cuenta por dónde va las ve llegar
    return process.returncode, "".join(lines)


def _step(lines: list[str]) -> str:
    """De lo que dice pip, por qué paquete va."""
    for line in reversed(lines):
        word, _, rest = line.strip().partition(" ")
        if word in ("Collecting", "Processing", "Downloading"):
            seen = sum(line.startswith("Collecting") for line in lines)
            return f"paquete {seen}: descargando {rest.split()[0].rpartition('/')[2][:50]}"
        if word == "Installing":
            return f"copiando los archivos de {len(rest.split(', '))} paquetes"
    return "preparando"


def _remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    else:
        shutil.rmtree(folder)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    lock = FileLock(ROOT / ".run" / "instalacion.lock")
    if not lock.acquire():
        say("Otra instalación está en curso; se espera a que termine…")
        while not lock.acquire():
            time.sleep(0.2)
    try:
        yield
    finally:
        lock.release()


def _execute(venv: Venv, module: str | None, arguments: list[str]) -> int:
    if module is None:
        say("Todo está instalado. Para iniciar el sistema: run_all; para las pruebas: run_tests.")
        return 0
    os.chdir(ROOT)
    command = [str(venv.python), "-m", module, *arguments]
    if sys.platform == "win32":
        # Allí `exec` devuelve la consola antes de tiempo; el Ctrl-C lo atiende el hijo.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return subprocess.Popen(command).wait()
    os.execv(command[0], command)  # noqa: S606 - es un intérprete, no una consola
    return 0
