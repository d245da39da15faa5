"""El pozo de conexiones: quien llega espera solo mientras el pozo se mueve.

Si todas llevan el plazo entero en manos de peticiones atascadas (una tabla bloqueada, una base congelada), la
que llega recibe su 503 de inmediato. Esperar el plazo cada una dejaría en fila a todas, también a las que no
necesitan la base.
"""

import time
from typing import Any

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool


class MovingPool(QueuePool):
    """Un pozo que recuerda cuándo se prestó o devolvió la última conexión."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._moved_at = 0.0

    def connect(self) -> PoolProxiedConnection:
        """Una conexión.

        :raises sqlalchemy.exc.TimeoutError: si no hay y el pozo no se mueve.
        """
        at = time.monotonic()
        if self.checkedout() < self.size():
            self._moved_at = at
        elif at - self._moved_at > self._timeout:
            raise PoolTimeout("todas las conexiones están atascadas")
        return super().connect()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self._moved_at = time.monotonic()
        super()._do_return_conn(record)
