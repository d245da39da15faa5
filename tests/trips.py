"""Qué sentencias viajan a la base, también las que no pasan por SQLAlchemy."""

import sys
from collections.abc import Callable
from typing import Any

from psycopg2.extensions import cursor


def trips(act: Callable[[], Any]) -> list[str]:
    """Lo que este hilo envía mientras hace algo, sin BEGIN ni COMMIT; lo que va junto es un viaje."""
    sent = []

    def watch(_frame: Any, event: str, called: Any) -> None:
        if event != "c_return" or called.__name__ != "execute":
            return
        if isinstance(called.__self__, cursor):
            sent.append(called.__self__.query.decode())

    sys.setprofile(watch)
    try:
        act()
    finally:
        sys.setprofile(None)
    return sent
