"""Qué sentencias viajan a la base, también las que no pasan por SQLAlchemy."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from psycopg2.extensions import cursor

Result = TypeVar("Result")


def trips(act: Callable[[], Result]) -> tuple[Result, list[str]]:
    """Lo que devuelve algo y lo que este hilo envía mientras; lo que va junto es un viaje.

    De psycopg2, sin su BEGIN ni su COMMIT.
    """
    sent: list[str] = []

    def watch(_frame: Any, event: str, called: Any) -> None:
        if event != "c_return" or called.__name__ != "execute":
            return
        if isinstance(called.__self__, cursor):
            sent.append(called.__self__.query.decode())

    sys.setprofile(watch)
    try:
        result = act()
    finally:
        sys.setprofile(None)
    return result, sent
