"""El psycopg2 de SQLAlchemy, con una diferencia: pasar una conexión a AUTOCOMMIT y de vuelta no hace viajes.

El suyo vuelve nombrando READ COMMITTED, y desde entonces psycopg2 envía un SET con cada lectura. Ese viaje
además falla al devolver una conexión que la base acaba de cortar, y su lugar en el pozo se pierde.
"""

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2


class QuietDialect(PGDialect_psycopg2):
    """Vuelve a lo habitual sin nombrarlo: así es como psycopg2 abre las conexiones."""

    supports_statement_cache = True

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Fija el nivel de aislamiento; READ COMMITTED es el habitual."""
        known = self._isolation_lookup[level]
        dbapi_connection.set_isolation_level(None if level == "READ COMMITTED" else known)

    def set_readonly(self, connection: Any, value: bool) -> None:
        """Fija si solo se lee; escribir es lo habitual."""
        connection.readonly = value or None


registry.register("postgresql.psycopg2", __name__, QuietDialect.__name__)
