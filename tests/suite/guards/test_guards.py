"""Lo que la base impide aunque el programa se equivoque: cada restricción, violada a mano en SQL.

La lista está completa: si una restricción o disparador no tiene su caso, la última prueba falla.
"""

from collections.abc import Iterator

import psycopg2
import pytest

from tests import factories
from tests.suite.guards import guard_cases, guard_cases_credit, guard_cases_sri

MODULES = (guard_cases, guard_cases_credit, guard_cases_sri)
CASES = {name: case for module in MODULES for name, case in module.CASES.items()}
SPOKEN = {name: spoken for module in MODULES for name, spoken in module.SPOKEN.items()}


@pytest.fixture
def connection(database_url: str) -> Iterator["psycopg2.extensions.connection"]:
    """Una conexión directa, sin el programa de por medio."""
    opened = psycopg2.connect(database_url.replace("+psycopg2", ""))
    yield opened
    opened.close()


@pytest.fixture
def clinic(api) -> None:
    """Una fila de cada cosa: facturas 1 y 3 en borrador, 2 emitida."""
    product = factories.product(10)
    treatment = factories.treatment({product: 1})
    visit = factories.appointment(treatments={treatment: 1}, extras={product: 1})
    factories.note(visit)
    factories.patient()
    factories.product(1)
    cashier = api("facturacion")
    lines = [{"description": "Consulta", "unit_price": 30}]
    for status in ("DRAFT", "ISSUED", "DRAFT"):
        cashier.post("/invoices", {"patient_id": 1, "items": lines, "status": status})
    citas = api("citas")
    citas.patch(f"/appointments/{visit}/status", {"status": "CONFIRMED"})
    doctor = api("historia_clinica", role="Doctor")
    note = doctor.post(f"/appointments/{visit}/notes", {"observations": "Uno"}).json["data"]["note"]
    doctor.put(f"/notes/{note['note_id']}", {"observations": "Dos"})


@pytest.mark.parametrize("name", CASES)
def test_the_database_itself_refuses(clinic, connection, name):
    with pytest.raises(psycopg2.Error) as refused, connection, connection.cursor() as cursor:
        cursor.execute(CASES[name])
    spoken = "append_only" if name.endswith("append_only") else SPOKEN.get(name, name)
    assert refused.value.diag.constraint_name == spoken


@pytest.mark.parametrize("name", guard_cases_credit.BEYOND_THE_INVOICE)
def test_notes_that_do_not_fit_their_invoice_are_refused(clinic, connection, name):
    with pytest.raises(psycopg2.Error) as refused, connection, connection.cursor() as cursor:
        cursor.execute(guard_cases_credit.BEYOND_THE_INVOICE[name])
    assert refused.value.diag.constraint_name == "credits_within_invoice"


def test_what_a_note_credited_is_not_received(clinic, connection):
    payment = f"{guard_cases.PAYMENT} VALUES (2, 20.01, 'EFECTIVO', now(), 1)"
    with pytest.raises(psycopg2.Error) as refused, connection, connection.cursor() as cursor:
        cursor.execute(guard_cases_credit.note(1, "10") + payment)
    assert refused.value.diag.constraint_name == "payments_within_total"


def test_every_guard_has_its_case(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
              WHERE contype IN ('c', 'u', 'x') AND relnamespace = 'public'::regnamespace
            UNION SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
              WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace
            UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
              AND tgname NOT LIKE '%_figures_%' AND tgname NOT LIKE '%_words%'
            """
        )
        assert {row[0] for row in cursor.fetchall()} == set(CASES)
