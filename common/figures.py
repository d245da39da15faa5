"""Las cifras por día y por mes: comprobar que son lo que dicen las tablas, o volver a sumarlas.

`python -m common.figures` compara; con `--rebuild`, suma todo de nuevo. Ninguna de las dos hace falta en el
trabajo diario: cada transacción lleva las suyas.
"""
# ruff: noqa: S608 - solo hay nombres de aquí

import argparse
import sys
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from common.config import ConfigurationError
from common.database import transaction
from common.errors import AppError
from common.migrate import reason
from common.tables.views_cifras import SOURCES, SPREAD

_KEY = "figure, grain, period, subject, is_test"
_TRUE = SPREAD.format(part="0", sign="", sources=SOURCES)
_WRITTEN = (
    "patients, appointments, operational_expenses, stock_movements, invoices, invoice_items, invoice_taxes,"
    " credit_notes, credit_note_items, credit_note_taxes"
)
REBUILD = f"DELETE FROM figures; INSERT INTO figures {_TRUE}"
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


def differences(db: Session) -> list[dict[str, Any]]:
    """Las cifras que no son la suma de sus filas, con lo guardado y lo que debería ser; vacío si cuadran."""
    db.execute(text("SET LOCAL statement_timeout = 0"))
    return [dict(row) for row in db.execute(text(_DIFFERENCES)).mappings()]


def main(arguments: list[str]) -> int:
    """La orden; devuelve el estado de salida: 1 si algo no cuadra."""
    parser = argparse.ArgumentParser(prog="python -m common.figures", description=__doc__)
    parser.add_argument("--rebuild", action="store_true", help="suma todo de nuevo; mientras, nadie escribe")
    options = parser.parse_args(arguments)
    try:
        with transaction() as db:
            if options.rebuild:
                rebuild(db)
            wrong = differences(db)
    except (ConfigurationError, AppError, DBAPIError) as error:
        print(f"No se pudieron comprobar las cifras: {reason(error)}", file=sys.stderr)
        return 1
    for row in wrong:
        print("No cuadra:", ", ".join(f"{name}={value}" for name, value in row.items()))
    print(f"{len(wrong)} cifras no cuadran." if wrong else "Todas las cifras cuadran con sus tablas.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
