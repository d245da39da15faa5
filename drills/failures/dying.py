"""Un servicio que muere de golpe (kill -9) en el paso que la propia petición pide.

gunicorn lo sirve con `drills.failures.dying:mortal("citas")`: es la aplicación verdadera. Los pasos se
cuentan en la conexión con PostgreSQL, por debajo de todo el programa: cada sentencia, antes y después de
confirmar, y la respuesta ya hecha y sin enviar.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from psycopg2.extensions import cursor
from sqlalchemy import Engine, event

from common.services import SERVICES
from common.sql.driver import PreparingConnection

# La cabecera con que una petición pide morir: cuántos pasos da antes.
HEADER = "X-Ensayo-Pasos"
_life = threading.local()


def mortal(name: str) -> "Mortal":
    """La aplicación de un servicio, que muere cuando se le pide."""
    event.listen(Engine, "do_connect", _with_mortal_parts)
    return Mortal(import_module(f"{SERVICES[name].package}.app").app.wsgi_app)


class Mortal:
    """Cuenta los pasos de cada petición que lo pide."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Atiende una petición; la que pide morir no siempre vuelve."""
        asked = environ.get(f"HTTP_{HEADER.upper().replace('-', '_')}")
        _life.steps = None if asked is None else int(asked)
        answer = list(self._app(environ, start_response))
        _step()
        return answer


def _step() -> None:
    left = getattr(_life, "steps", None)
    if left is None:
        return
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    _life.steps = left - 1


def _with_mortal_parts(_dialect: object, _record: object, _args: object, options: dict[str, Any]) -> None:
    options.update(connection_factory=MortalConnection, cursor_factory=MortalCursor)


class MortalCursor(cursor):
    """Muere antes de enviar una sentencia."""

    def execute(self, *arguments: Any, **options: Any) -> None:
        """Ejecuta una sentencia."""
        _step()
        super().execute(*arguments, **options)


class MortalConnection(PreparingConnection):
    """Muere antes de confirmar, y después sin que nadie llegue a saberlo."""

    def commit(self) -> None:
        """Confirma."""
        _step()
        super().commit()
        _step()
