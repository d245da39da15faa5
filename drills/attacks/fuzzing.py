"""Peticiones inventadas: schemathesis saca de los cinco OpenAPI veinte mil, y ninguna tumba nada."""

from collections import Counter
from functools import partial

import orjson

from common.services import SERVICES
from drills.house import Broken, House, at_once, expect
from scripts.fuzz import VARIABLES, fuzz
from scripts.trials.throwaway import Clinic, running

WANTED = 20_000
# Inventar cuesta más que atender, y lo suelto más del doble que lo encadenado.
CASES, CHAINS = 40, 280
# Todos a la vez, para que ningún núcleo espere; el que cambia cuentas y roles, después.
ALONE = "auth"
TOGETHER = sorted(SERVICES.keys() - {ALONE})


def every_spec(_house: House) -> str:
    """En una clínica aparte, con su muestra; cuenta lo que los servicios atendieron."""
    with running(demo=True, variables={**VARIABLES, "LOG_LEVEL": "INFO"}) as clinic:
        attack = partial(fuzz, clinic, cases=CASES, chains=CHAINS)
        at_once([partial(attack, name) for name in TOGETHER])
        attack(ALONE)
        statuses = _answered(clinic)
    failed = sum(count for status, count in statuses.items() if status >= 500)
    expect(failed, 0, "respuestas 5xx")
    if statuses.total() < WANTED:
        raise Broken(f"se atendieron {statuses.total()} peticiones y se querían {WANTED}")
    return f"{statuses.total()} peticiones inventadas a los cinco servicios: ninguna 5xx"


def _answered(clinic: Clinic) -> Counter[int]:
    """Con qué estado acabó cada petición, según el registro de los servicios."""
    lines = (line for task in clinic.tasks.values() for line in task.log.read_bytes().splitlines())
    entries = (orjson.loads(line) for line in lines if line.startswith(b'{"time"'))
    return Counter(entry["status"] for entry in entries if entry["message"] == "peticion")
