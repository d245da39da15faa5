"""Los pacientes, uno por línea del COPY."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.growth.names import Names
from scripts.demo.cedulas import cedula

BATCH = 50_000
DAYS = 700
# Reparte las cédulas entre todas las provincias y no las repite hasta un millón.
STRIDE = 143
INACTIVE_EVERY = 33
_COLUMNS = (
    "patient_id, doc_type, doc_number, first_name, last_name, email, phone, address, birth_date, gender,"
    " occupation, is_active, created_at, updated_at"
)
_JOBS = ("Comerciante", "Docente", "Agricultor", "Estudiante", "Chofer", "Costurera", "Contadora", "Jubilado")


def copy(cursor: Any, patients: int, first_day: datetime) -> None:
    """Carga los pacientes, del más antiguo al más nuevo."""
    names = Names(seed=patients)
    for start in range(1, patients + 1, BATCH):
        count = min(BATCH, patients + 1 - start)
        lines = io.StringIO("".join(_lines(names, start, count, patients, first_day)))
        cursor.copy_expert(f"COPY patients ({_COLUMNS}) FROM STDIN", lines)


def _lines(names: Names, start: int, count: int, patients: int, first_day: datetime) -> Iterator[str]:
    step = timedelta(days=DAYS) / patients
    for number, (gender, first, last) in enumerate(names.pick(count), start):
        created = (first_day + number * step).astimezone(UTC).isoformat()
        birth = f"{1940 + number % 80}-{1 + number % 12:02d}-{1 + number % 28:02d}"
        active = "f" if number % INACTIVE_EVERY == 0 else "t"
        yield (
            "\t".join(
                (
                    str(number),
                    "CEDULA",
                    cedula(number * STRIDE),
                    first,
                    last,
                    f"paciente{number}@correo.test",
                    f"09{number % 100_000_000:08d}",
                    f"Calle {number % 900 + 1} y Av. {number % 90 + 1}",
                    birth,
                    gender,
                    _JOBS[number % len(_JOBS)],
                    active,
                    created,
                    created,
                )
            )
            + "\n"
        )
