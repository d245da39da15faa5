"""El pozo de conexiones: quien llega espera solo mientras el pozo se mueve, y quien lee no paga por devolver.

Si todas llevan el plazo entero en manos de peticiones atascadas (una tabla bloqueada, una base congelada), la
que llega recibe su 503 de inmediato. Esperar el plazo cada una dejaría en fila a todas, también a las que no
necesitan la base.

Una lectura deja la conexión como la tomó. Pasarla por el pozo cada vez costaría de un 5 a un 12 % de la
petición, así que queda a mano para quien venga después, lea o escriba.
"""

import time
from threading import Lock
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
        self._at_hand: list[Any] = []
        self._asking = 0
        self._gate = Lock()

    def connect(self) -> PoolProxiedConnection:
        """Una conexión.

        :raises sqlalchemy.exc.TimeoutError: si no hay y el pozo no se mueve.
        """
        with self._gate:
            if self._at_hand:
                return self._lend_at_hand()
            self._asking += 1
        try:
            return self._ask()
        finally:
            with self._gate:
                self._asking -= 1

    def leave_at_hand(self, lent: PoolProxiedConnection) -> None:
        """Toma de vuelta una conexión que quedó como se prestó: sana y sin transacción."""
        with self._gate:
            # A quien ya espera en el pozo solo lo despierta una devolución de verdad.
            if not self._asking:
                self._moved_at = time.monotonic()
                if self.dispatch.checkin:
                    self.dispatch.checkin(lent.dbapi_connection, lent._connection_record)
                self._at_hand.append(lent)
                return
        lent.close()

    def checkedout(self) -> int:
        """Cuántas están en uso."""
        return super().checkedout() - len(self._at_hand)

    def dispose(self) -> None:
        """Cierra las que nadie usa."""
        self._return_those_at_hand()
        super().dispose()

    def _lend_at_hand(self) -> PoolProxiedConnection:
        lent: PoolProxiedConnection = self._at_hand.pop()
        self._moved_at = time.monotonic()
        if self.dispatch.checkout:
            self.dispatch.checkout(lent.dbapi_connection, lent._connection_record, lent)
        return lent

    def _ask(self) -> PoolProxiedConnection:
        at = time.monotonic()
        if self.checkedout() < self.size():
            self._moved_at = at
        elif at - self._moved_at > self._timeout:
            raise PoolTimeout("todas las conexiones están atascadas")
        return super().connect()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self._moved_at = time.monotonic()
        super()._do_return_conn(record)

    def _invalidate(self, *args: Any, **options: Any) -> None:
        # La base se reinició: al volver a pedirlas, el pozo las abre de nuevo.
        super()._invalidate(*args, **options)
        self._return_those_at_hand()

    def _return_those_at_hand(self) -> None:
        with self._gate:
            left, self._at_hand = self._at_hand, []
        for lent in left:
            lent.close()


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
