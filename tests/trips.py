"""Cuántas sentencias viajan a la base, también las que no pasan por SQLAlchemy."""

import sys
from collections.abc import Callable
from typing import Any

from psycopg2.extensions import cursor


def trips(act: Callable[[], Any]) -> int:
    """Las sentencias que este hilo envía mientras hace algo; sin contar BEGIN ni COMMIT."""
    sent = []

    def watch(_frame: Any, event: str, called: Any) -> None:
        is_sent = event == "c_call" and called.__name__ == "execute"
        if is_sent and isinstance(called.__self__, cursor):
            sent.append(called)

    sys.setprofile(watch)
    try:
        act()
    finally:
        sys.setprofile(None)
    return len(sent)
