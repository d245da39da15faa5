"""Lo que se muestra cuando todo atiende: dónde está cada servicio y cómo entrar."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.config import Settings
from common.services import SERVICES, ServiceInfo
from scripts.demo.data import DUTIES, STAFF
from scripts.machine.console import say
from scripts.starting import lineup

VENV_PYTHON = Path(".venv", "Scripts" if sys.platform == "win32" else "bin", "python")
# Lo último que se dice: quien arranca esto desde otro programa sabe por ella que ya está.
HOW_TO_STOP = "Para detenerlo todo: Ctrl-C."
RESET_HINT = f"Para restablecerla: {VENV_PYTHON} -m common.migrate --reset-admin"
SIMULATED = """\
SRI SIMULADO: los comprobantes electrónicos no van al SRI, sino a uno de mentira en este equipo
(http://127.0.0.1:{port}). Lo que «autoriza» NO TIENE NINGÚN VALOR LEGAL. Para apagarlo, ponga
SRI_SIMULATOR_PORT=0 en .env; con una base propia en DATABASE_URL no se enciende nunca."""
REAL_SRI = """\
El SRI simulado está apagado (SRI_SIMULATOR_PORT=0): los comprobantes electrónicos van a
{urls}.
Los datos y la firma de la clínica de ejemplo son inventados: ponga los suyos antes de facturar."""
NO_CERTIFICATE_KEY = f"""\
Falta SRI_CERTIFICATE_KEY, sin la que no hay comprobantes electrónicos: las versiones anteriores no la ponían
en .env. Para agregarla sin tocar lo demás: {VENV_PYTHON} -m scripts.envfile; después, reinicie."""


@dataclass
class Prepared:
    """Lo que la preparación de la base hizo por primera vez, y las cuentas de ejemplo que hay en ella."""

    email: str | None
    password: str | None
    demo: bool
    samples: list[str]


def welcome(settings: Settings, prepared: Prepared) -> None:
    """Muestra las direcciones y la manera de entrar."""
    say("\nEl sistema está en marcha:\n")
    rows = [_row(info, settings.host, settings.ports[name]) for name, info in SERVICES.items()]
    for title, address, docs in [("Servicio", "Dirección", "Documentación"), *rows]:
        say(f"  {title:<18}{address:<44}{docs}")
    say(f"\n{_login_hint(settings, prepared)}")
    for line in _samples(prepared):
        say(line)
    for notice in _sri_notices(settings):
        say(f"\n{notice}")
    say(f"\n{HOW_TO_STOP}")


def _row(info: ServiceInfo, host: str, port: int) -> tuple[str, str, str]:
    address = lineup.address(info, host, port)
    return info.title, address, f"{address}/docs"


def _samples(prepared: Prepared) -> Iterator[str]:
    """Las cuentas de la clínica de ejemplo y qué puede cada una."""
    if not prepared.samples:
        return
    loaded = "Se cargó una clínica de ejemplo; sus cuentas usan" if prepared.demo else "Las de ejemplo, con"
    yield f"{loaded} esa misma contraseña:\n"
    yield f"  {'Cuenta':<30}{'Rol':<12}Puede"
    for _, email, role in STAFF:
        if email in prepared.samples:
            yield f"  {email:<30}{role:<12}{DUTIES[role]}"


def _sri_notices(settings: Settings) -> Iterator[str]:
    """A dónde van los comprobantes electrónicos, si no es lo que cabe esperar, y qué falta para emitirlos."""
    if lineup.simulates(settings):
        yield SIMULATED.format(port=settings.sri_simulator_port)
    elif not settings.database_url:
        yield REAL_SRI.format(urls=f"{settings.sri_url_pruebas} o {settings.sri_url_produccion}")
    if not settings.sri_certificate_key:
        yield NO_CERTIFICATE_KEY


def _login_hint(settings: Settings, prepared: Prepared) -> str:
    if prepared.password:
        return f"Entre con {prepared.email} y la contraseña {prepared.password}"
    if settings.admin_password:
        known = f"Entre con {settings.admin_email} y la contraseña ADMIN_PASSWORD del archivo .env"
        return f"{known}, si no la cambió después.\n{RESET_HINT}"
    return f"La contraseña se mostró en el primer arranque.\n{RESET_HINT}"
