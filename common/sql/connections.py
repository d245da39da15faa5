"""El pozo de conexiones, en el que quien llega espera solo mientras el pozo se mueve, y cómo reposan.

Si todas llevan el plazo entero en manos de peticiones atascadas (una tabla bloqueada, una base congelada), la
que llega recibe su 503 de inmediato. Esperar el plazo cada una dejaría en fila a todas, también a las que no
necesitan la base.

A una conexión que está en AUTOCOMMIT, psycopg2 le envía un SET por cada cosa que se le fija o se le quita; a
la que no lo está, lo apunta para su BEGIN. El SET además falla al devolver una conexión que la base acaba de
cortar, y su lugar en el pozo se pierde: de ahí el dialecto de abajo.
"""

import time
from typing import Any

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
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


class QuietDialect(PGDialect_psycopg2):
    """Sale de AUTOCOMMIT antes de fijar nada, y vuelve cuando ya no queda nada fijado."""

    supports_statement_cache = True

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Fija el nivel de aislamiento."""
        if level == "AUTOCOMMIT":
            dbapi_connection.set_session(isolation_level="DEFAULT", readonly="DEFAULT")
            dbapi_connection.autocommit = True
        else:
            dbapi_connection.autocommit = False
            dbapi_connection.set_isolation_level(self._isolation_lookup[level])

    def set_readonly(self, connection: Any, value: bool) -> None:
        """Fija si solo se lee; quien vuelve a AUTOCOMMIT ya no lo tiene fijado."""
        if bool(connection.readonly) != value:
            connection.readonly = value


registry.register("postgresql.psycopg2", __name__, QuietDialect.__name__)
