"""La carpeta de datos del PostgreSQL incluido: dónde queda, que esté completa y de quién es."""

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from common.machine.embedded import SUPERUSER
from scripts.machine.console import UserError, indent
from scripts.postgres_here.places import Account, give, run_tool, serves_for_data, shelter

INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=trust",
    "--encoding=UTF8",
    # El orden y las mayúsculas no dependen de los idiomas instalados en el equipo.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


@dataclass
class DataDir:
    """Una carpeta de datos y la cuenta y los binarios con que se trabaja en ella."""

    path: Path
    account: Account | None
    installation: Path
    notices: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Deja la carpeta lista para iniciar el servidor, creándola si hace falta."""
        self._settle()
        if self._is_complete():
            self._check_version()
            self._claim()
        else:
            self._set_aside()
            self._create()

    def _settle(self) -> None:
        """Busca otro sitio cuando la cuenta no puede trabajar en el que se pidió."""
        self._check_owner()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not serves_for_data(self.path.parent, self.account):
            place = shelter(self.path) / "datos"
            self.notices.append(f"La base de datos de prueba queda en {place}.")
            self.path = place

    def _check_owner(self) -> None:
        if sys.platform == "win32" or self.account or not self.path.exists():
            return
        if self.path.stat().st_uid != os.geteuid():
            raise UserError(
                f"La carpeta {self.path} es de otro usuario, quizá por un arranque anterior con "
                "sudo; repita con sudo o cambie su dueño."
            )

    def _is_complete(self) -> bool:
        return all((self.path / name).exists() for name in ("PG_VERSION", "global/pg_control"))

    def _check_version(self) -> None:
        ours = run_tool(self.installation, self.account, "postgres", "--version").stdout
        theirs = (self.path / "PG_VERSION").read_text().strip()
        if f" {theirs}." not in ours:
            raise UserError(
                f"Los datos de {self.path} son de PostgreSQL {theirs} y el incluido es "
                f"«{ours.strip()}»; aparte esa carpeta o use aquel servidor con DATABASE_URL."
            )

    def _claim(self) -> None:
        if self.account and self.path.stat().st_uid != self.account.uid:
            give(self.path, self.account)

    def _set_aside(self) -> None:
        """Aparta, sin borrarla, una carpeta con contenido que no es una base completa."""
        if not self.path.exists():
            return
        if not any(self.path.iterdir()):
            self.path.rmdir()
            return
        aside = self.path.with_name(f"{self.path.name}.apartada-{time.strftime('%Y%m%d-%H%M%S')}")
        self.path.rename(aside)
        self.notices.append(f"{self.path} estaba incompleta: se apartó como {aside.name}.")

    def _create(self) -> None:
        """Crea la base al lado y la pone en su lugar de un golpe: nunca queda a medias."""
        fresh = self.path.with_name(f"{self.path.name}.nueva")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        give(fresh, self.account)
        made = run_tool(self.installation, self.account, "initdb", "-D", str(fresh), *INITDB_OPTIONS)
        if made.returncode:
            raise UserError(f"No se pudo crear la base de datos:\n{indent(made.stdout)}")
        fresh.rename(self.path)
