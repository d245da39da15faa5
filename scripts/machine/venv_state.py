"""El estado del entorno `.venv`: si sirve, si le falta algo y qué se instaló en él.

El sello solo se escribe tras una instalación completa; sin él, la instalación quedó a medias.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.machine.console import UserError

MINIMUM = (3, 11)
STAMP_KEYS = {"python", "folder", "packages", "requirements"}
PROBE = "import pip, sys; print('%d.%d.%d' % sys.version_info[:3])"


class Venv:
    """El entorno de un proyecto."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / ".venv"
        self._stamp = self.path / "instalado.json"

    @property
    def python(self) -> Path:
        """El intérprete del entorno."""
        if sys.platform == "win32":
            return self.path / "Scripts" / "python.exe"
        return self.path / "bin" / "python"

    def damage(self) -> str | None:
        """Por qué hay que rehacerlo entero, o nada si sirve."""
        version = self._version()
        stamp = self._read_stamp()
        if version is None:
            return "su Python o su pip no funcionan"
        if tuple(int(part) for part in version.split(".")) < MINIMUM:
            return f"es de Python {version}"
        if stamp and (stamp["python"], stamp["folder"]) != (version, str(self.path)):
            return "se hizo con otra versión de Python o en otra carpeta"
        if missing := self.missing_files():
            return f"le faltan archivos, entre ellos {missing[0]}"
        return None

    def pending(self, wanted: tuple[str, ...]) -> str | None:
        """Por qué hay que instalar, o nada si todo está como lo dejó la última instalación."""
        stamp = self._read_stamp()
        if stamp is None:
            return "Instalando las dependencias"
        gone = sorted(set(stamp["packages"]) - self._packages())
        if gone:
            names = ", ".join(name.split("-")[0] for name in gone)
            return f"Faltan paquetes en .venv ({names}); instalándolos otra vez"
        if any(stamp["requirements"].get(name) != digest(self.root / name) for name in wanted):
            return "Cambiaron las dependencias; instalando"
        return None

    def seal(self, wanted: tuple[str, ...]) -> None:
        """Anota que la instalación terminó bien."""
        stamp = self._read_stamp() or {"requirements": {}}
        stamp["python"] = self._version()
        stamp["folder"] = str(self.path)
        stamp["packages"] = sorted(self._packages())
        stamp["requirements"] |= {name: digest(self.root / name) for name in wanted}
        partial = self._stamp.with_suffix(".nuevo")
        partial.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        partial.replace(self._stamp)

    def missing_files(self) -> list[str]:
        """Archivos que pip anotó al instalar y ya no están."""
        return [gone for site in self._site_packages() for gone in _missing_in(site)]

    def _version(self) -> str | None:
        try:
            probe = subprocess.run(
                [self.python, "-c", PROBE], capture_output=True, encoding="utf-8", check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return probe.stdout.strip()

    def _read_stamp(self) -> dict[str, Any] | None:
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return stamp if isinstance(stamp, dict) and stamp.keys() >= STAMP_KEYS else None

    def _site_packages(self) -> list[Path]:
        return [*self.path.glob("lib/python*/site-packages"), *self.path.glob("Lib/site-packages")]

    def _packages(self) -> set[str]:
        return {info.name for site in self._site_packages() for info in _installed(site)}


def digest(requirements: Path) -> str:
    """El resumen de unos requisitos y de los que incluyen."""
    found = hashlib.sha256()
    for file in with_included(requirements):
        found.update(file.read_bytes())
    return found.hexdigest()


def _installed(site: Path) -> list[Path]:
    # pip aparta con «~» lo que estaba desinstalando cuando lo interrumpieron.
    return [info for info in site.glob("*.dist-info") if not info.name.startswith("~")]


def _missing_in(site: Path) -> list[str]:
    return [gone for info in _installed(site) for gone in _missing_of(site, info)]


def _missing_of(site: Path, info: Path) -> list[str]:
    try:
        with (info / "RECORD").open(encoding="utf-8", newline="") as record:
            names = [row[0] for row in csv.reader(record) if row]
    except OSError:
        return [f"{info.name}/RECORD"]  # pip lo escribe al final: el paquete quedó a medias
    return [n for n in names if "__pycache__" not in n and not os.path.exists(site / n)]


def with_included(file: Path) -> list[Path]:
    """Un archivo de requisitos y los que incluye con `-r`."""
    if not file.exists():
        raise UserError(f"Falta el archivo {file}; descargue otra vez el proyecto.")
    found = [file]
    for line in file.read_text(encoding="utf-8").splitlines():
        option, _, name = line.strip().partition(" ")
        if option in ("-r", "-c", "--requirement", "--constraint"):
            found += with_included((file.parent / name.strip()).resolve())
    return found
