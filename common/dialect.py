"""El psycopg2 de SQLAlchemy, con una diferencia: pasar una conexión a AUTOCOMMIT y de vuelta no hace viajes.

A una conexión que está en AUTOCOMMIT, psycopg2 le envía un SET por cada cosa que se le fija o se le quita; a
la que no lo está, lo apunta para su BEGIN. El SET además falla al devolver una conexión que la base acaba de
cortar, y su lugar en el pozo se pierde.
"""

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2


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
