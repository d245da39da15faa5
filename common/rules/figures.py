"""Las cifras por día y por mes: comprobar que son lo que dicen las tablas, o sumarlas de nuevo.

En el trabajo diario cada transacción lleva las suyas: aquí solo se comprueban y se reparan.
"""
# ruff: noqa: S608 - solo hay nombres de aquí

from collections.abc import Mapping

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from common.tables.guards.figure_views import SOURCES, SPREAD
from common.tables.guards.figures import CLINIC_ZONE

_KEY = "figure, grain, period, subject, is_test"
_TRUE = SPREAD.format(part="0", sign="", sources=SOURCES)
_WRITTEN = (
    "patients, appointments, operational_expenses, stock_movements, invoices, invoice_items, invoice_taxes,"
    " credit_notes, credit_note_items, credit_note_taxes"
)
REBUILD = f"DELETE FROM figures; INSERT INTO figures {_TRUE}; ANALYZE figures"
_SUMS = ("number", "quantity", "amount", "iva_amount")
_DIFFERENCES = f"""
SELECT {_KEY}, {", ".join(f"kept.{name} AS kept_{name}, found.{name} AS {name}" for name in _SUMS)}
FROM (
  SELECT {_KEY}, {", ".join(f"sum({name}) AS {name}" for name in _SUMS)} FROM figures GROUP BY {_KEY}
) AS kept
FULL JOIN ({_TRUE}) AS found USING ({_KEY})
WHERE ROW({", ".join(f"coalesce(kept.{name}, 0)" for name in _SUMS)})
  IS DISTINCT FROM ROW({", ".join(f"coalesce(found.{name}, 0)" for name in _SUMS)})
ORDER BY {_KEY}
"""


def rebuild(db: Session | Connection) -> None:
    """Suma todas las cifras de nuevo; hasta confirmar nadie escribe lo que se suma."""
    db.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"))
    db.execute(text(f"LOCK TABLE {_WRITTEN} IN SHARE ROW EXCLUSIVE MODE"))
    db.execute(text(REBUILD))


def differences(db: Session) -> list[Mapping[str, object]]:
    """Las cifras que no son la suma de sus filas, con lo guardado y lo que debería ser; vacío si cuadran."""
    db.execute(text("SET LOCAL statement_timeout = 0"))
    # Solo se imprimen: nadie nombra sus columnas.
    return [dict(row) for row in db.execute(text(_DIFFERENCES)).mappings()]


def follow_zone(connection: Connection, zone: str) -> None:
    """Si la clínica cambió de zona horaria, cambia de día lo que haya que cambiar."""
    if connection.scalar(text("SELECT clinic_zone()")) == zone:
        return
    quoted = connection.scalar(text("SELECT quote_literal(CAST(:zone AS text))"), {"zone": zone})
    connection.exec_driver_sql(CLINIC_ZONE.replace("'America/Guayaquil'", quoted))
    rebuild(connection)
