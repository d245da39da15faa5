"""Las cifras por día y por mes: comprobar que son lo que dicen las tablas, o volver a sumarlas.

`python -m common.figures` compara; con `--rebuild`, suma todo de nuevo. Ninguna de las dos hace falta en el
trabajo diario: cada transacción lleva las suyas.
"""

import argparse
import sys

from sqlalchemy.exc import DBAPIError

from common.config import ConfigurationError
from common.database import transaction
from common.errors import AppError
from common.migrate import reason
from common.rules.figures import differences, rebuild


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
