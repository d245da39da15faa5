"""`python -m scripts.lock [--keep]`: fija de nuevo la versión y los resúmenes de todo lo que se instala.

`requirements.lock` es lo que corre y `requirements-dev.lock` lo incluye y añade lo que prueba: una sola vez
para Linux, macOS y Windows. Con `--keep` no cambia lo que los requisitos sigan admitiendo.
"""

import re
import subprocess
import sys
from pathlib import Path

from scripts.machine.base_images import pin_images
from scripts.machine.console import UserError, complain, indent, prepare_output, say
from scripts.machine.venv_state import digest

ROOT = Path(__file__).resolve().parent.parent
# Lo fijado y de qué requisitos sale; cada uno incluye el anterior.
LOCKS = {"requirements.lock": "requirements.txt", "requirements-dev.lock": "requirements-dev.txt"}
OLDEST_PYTHON = "3.11"
COMPILE = (
    *(
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--python-version",
        OLDEST_PYTHON,
    ),
    *("--no-config", "--no-header", "--no-annotate"),
)
PIN = re.compile(r"^\S+==.*(?:\n    --hash=.*)+", re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Renueva lo fijado y devuelve el código de salida."""
    prepare_output()
    if set(arguments) - {"--keep"}:
        complain("Solo admite --keep.")
        return 2
    try:
        renew(keep=bool(arguments))
    except UserError as error:
        complain(str(error))
        return 1
    pin_images(ROOT / "deploy")
    return 0


def renew(*, keep: bool) -> None:
    """Escribe los archivos, del que corre al que prueba.

    :raises UserError: si no hay versiones que cumplan los requisitos, o no se pudieron consultar.
    """
    before: tuple[str, ...] = ()
    for name in LOCKS:
        pins = _resolve(name, before, keep=keep)
        (ROOT / name).write_text(_written(name, before, pins), encoding="utf-8")
        say(f"{name}: {len(pins)} paquetes.")
        before = (*before, name)


def _resolve(name: str, before: tuple[str, ...], *, keep: bool) -> list[str]:
    """Cada paquete con sus resúmenes, sin los que ya fija un archivo anterior."""
    constraints = [part for one in before for part in ("--constraint", one)]
    freedom = [] if keep else ["--upgrade"]
    command = [sys.executable, "-m", *COMPILE, LOCKS[name], "--output-file", name, *constraints, *freedom]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise UserError(f"No se pudo fijar {name}:\n{indent(done.stderr)}")
    known = {pin for one in before for pin in pins(ROOT / one)}
    return [pin for pin in pins(ROOT / name) if pin not in known]


def pins(lock: Path) -> list[str]:
    """Lo que fija un archivo: un paquete, su versión y los resúmenes de sus archivos."""
    return PIN.findall(lock.read_text(encoding="utf-8"))


def _written(name: str, before: tuple[str, ...], pinned: list[str]) -> str:
    head = ["# Lo escribe `python -m scripts.lock`; no se edita a mano.", f"# {source(LOCKS[name])}"]
    return "\n".join([*head, *(f"-r {one}" for one in before), *pinned, ""])


def source(requirements: str) -> str:
    """De qué sale lo fijado: los requisitos y un resumen de lo que decían, para saber si cambiaron."""
    return f"Sale de {requirements}: {digest(ROOT / requirements)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
