"""Llena una base recién preparada con una clínica de tantos pacientes, y deja todo cuadrado."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.growth import people
from benchmarks.growth.bulk import loading
from common.rules.figures import REBUILD
from common.tables.guards.search import REBUILD as REBUILD_WORDS
from common.utils import now

ZONE = "America/Guayaquil"
PATIENTS_PER_DOCTOR = 2_500
PRODUCTS, TREATMENTS = 500, 120
# Entre dos y tres meses de cada cien quedan por delante: hay agenda que mirar hacia el futuro.
WEEKS_BACK = 98
STEPS = ("base", "agenda", "stock", "billing")
TABLES = [
    "patients",
    "appointments",
    "appointment_status_history",
    "appointment_treatments",
    "appointment_extras",
    "clinical_notes",
    "medical_history",
    "stock_movements",
    "invoices",
    "invoice_items",
    "invoice_taxes",
    "invoice_payments",
    "credit_notes",
    "credit_note_items",
    "credit_note_taxes",
    "operational_expenses",
    "figures",
    "patient_words",
]


@dataclass(frozen=True)
class Scale:
    """De qué tamaño es una clínica: cinco citas y tres facturas por paciente."""

    patients: int

    @property
    def doctors(self) -> int:
        """Los que hacen falta para atenderlos a todos en dos años."""
        return max(2, self.patients // PATIENTS_PER_DOCTOR)


def fill(url: str, scale: Scale) -> None:
    """Llena la base en una sola transacción: queda llena o como estaba."""
    with closing(psycopg2.connect(url)) as session:
        with session, session.cursor() as cursor:
            _load(cursor, scale)
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def _load(cursor: Any, scale: Scale) -> None:
    moment = now()
    monday = moment - timedelta(weeks=WEEKS_BACK, days=moment.weekday())
    cursor.execute("SELECT max(user_id) FROM users")
    values = {
        "patients": scale.patients,
        "doctors": scale.doctors,
        "products": PRODUCTS,
        "treatments": TREATMENTS,
        "staff": cursor.fetchone()[0],
        "first_day": monday.date(),
        "now": moment,
        "zone": ZONE,
    }
    with loading(cursor, TABLES):
        people.copy(cursor, scale.patients, _opening(monday))
        for step in STEPS:
            cursor.execute(Path(__file__).with_name(f"{step}.sql").read_text(encoding="utf-8"), values)
            cursor.execute("ANALYZE")
        cursor.execute(REBUILD)
        cursor.execute(REBUILD_WORDS)


def _opening(monday: datetime) -> datetime:
    return monday.replace(hour=13, minute=0, second=0, microsecond=0)
