"""Las cifras llevadas son siempre la suma de sus filas; al acabar cada prueba se comprueban todas.

Eso lo hace `tests/conftest.py` en toda la suite. Aquí está lo que otra prueba no hace, y que la comprobación
encuentra lo que se le ponga mal.
"""

from datetime import timedelta
from functools import partial

import psycopg2
import pytest
from sqlalchemy import text

from common import figures
from common.database import engine, transaction
from common.errors import Conflict
from common.rules.figures import differences, follow_zone, rebuild
from scripts.trials.at_once import at_once
from tests import factories

LINES = [{"description": "Consulta", "unit_price": 30}]
DAY_IN_ZONE = """
SELECT clinic_zone(), (min(start_time) AT TIME ZONE :zone)::date,
  (SELECT min(period) FROM figures WHERE figure = 'APPOINTMENTS' AND grain = 'DAY')
FROM appointments"""
CREAM = {"description": "Crema", "unit_price": 10, "quantity": 2, "iva_rate": 15}


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion")


def kept(figure, subject=None):
    """Lo que suman hoy las partes de una cifra: cuántos y cuánto."""
    query = "SELECT coalesce(sum(number), 0), coalesce(sum(amount), 0) FROM figures WHERE grain = 'DAY'"
    query += " AND figure = :figure" + ("" if subject is None else " AND subject = :subject")
    with transaction() as db:
        return tuple(
            int(value) for value in db.execute(text(query), {"figure": figure, "subject": subject}).one()
        )


def bill(client, **values):
    response = client.post("/invoices", {"items": LINES, "status": "ISSUED", **values})
    assert response.status_code == 201, response.json
    return response.json["data"]["invoice"]


def test_what_a_visit_earned_and_cost_goes_with_its_new_doctor(api, accountant):
    gauze, other = factories.product(10, cost_price="2.00"), factories.doctor()
    visit = factories.appointment(treatments={factories.treatment({gauze: 1}): 1})
    invoice = bill(accountant, items=None, appointment_id=visit)
    accountant.post(
        f"/invoices/{invoice['invoice_id']}/credit-notes", {"reason": "Descuento", "restock": False}
    )
    with transaction() as db:
        db.execute(text("UPDATE appointments SET doctor_id = :who"), {"who": other})
    assert kept("DOCTORS", str(other)) == (1, 0)
    assert differences_now() == []


def differences_now():
    with transaction() as db:
        return differences(db)


def test_what_is_rolled_back_counts_nothing():
    factories.patient()

    def fail():
        with transaction():
            factories.patient()
            raise Conflict("no")

    with pytest.raises(Conflict):
        fail()
    assert kept("PATIENTS") == (1, 0)


def test_sixty_at_once_lose_nothing_and_do_not_wait_for_each_other(api, accountant):
    citas, patient = api("citas"), factories.patient()
    start = factories.tomorrow_at(8)
    bookings = [
        partial(
            citas.post,
            "/appointments",
            {
                "patient_id": factories.patient(),
                "doctor_id": factories.doctor(),
                "start_time": start.isoformat(),
                "end_time": (start + timedelta(minutes=30)).isoformat(),
            },
        )
        for _ in range(30)
    ]
    invoices = [
        partial(accountant.post, "/invoices", {"patient_id": patient, "items": [CREAM], "status": "ISSUED"})
        for _ in range(30)
    ]
    assert {reply.status_code for reply in at_once([*bookings, *invoices])} == {201}
    assert kept("APPOINTMENTS", "PENDING")[0] == 30
    assert kept("INVOICES", "ISSUED") == (30, 600)


def test_two_open_transactions_of_the_same_day_do_not_wait(database_url):
    factories.patient()
    url = database_url.replace("+psycopg2", "")
    first, second = psycopg2.connect(url), psycopg2.connect(url)
    try:
        for number, session in enumerate((first, second)):
            cursor = session.cursor()
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            cursor.execute(
                "INSERT INTO patients (doc_type, doc_number, first_name, last_name)"
                " VALUES ('PASAPORTE', %s, 'Ana', 'Pérez')",
                (f"X-{number}",),
            )
        second.commit()
        first.commit()
    finally:
        first.close()
        second.close()
    assert kept("PATIENTS") == (3, 0)


def test_an_annulled_invoice_leaves_only_its_status(accountant):
    invoice = bill(accountant, patient_id=factories.patient())
    path = f"/invoices/{invoice['invoice_id']}/status"
    accountant.patch(path, {"status": "ANNULLED", "reason": "Error"})
    assert (kept("INVOICES", "ANNULLED"), kept("INVOICES", "ISSUED")) == ((1, 30), (0, 0))
    assert (kept("DOCTORS"), kept("TREATMENTS")) == ((0, 0), (0, 0))


def test_a_draft_that_moves_to_another_day_takes_its_figure_with_it(accountant):
    draft = bill(accountant, patient_id=factories.patient(), status="DRAFT")
    accountant.put(f"/invoices/{draft['invoice_id']}", {"issue_date": "2026-01-31", "items": [CREAM]})
    with transaction() as db:
        days = db.execute(
            text(
                "SELECT period::text FROM figures WHERE grain = 'DAY' AND figure = 'INVOICES'"
                " GROUP BY period HAVING sum(number) > 0"
            )
        ).all()
    assert days == [("2026-01-31",)]


def test_the_check_finds_a_wrong_figure_and_the_repair_mends_it(accountant, capsys):
    bill(accountant, patient_id=factories.patient())
    assert figures.main([]) == 0
    with transaction() as db:
        db.execute(
            text("UPDATE figures SET amount = amount + 1 WHERE figure = 'INVOICES' AND grain = 'MONTH'")
        )
    assert figures.main([]) == 1
    assert "No cuadra: figure=INVOICES" in capsys.readouterr().out
    assert figures.main(["--rebuild"]) == 0


def test_a_clinic_that_changes_its_zone_changes_the_day_of_its_instants():
    factories.appointment(start_time=factories.tomorrow_at(23))
    for zone in ("Pacific/Galapagos", "Europe/Madrid", "America/Guayaquil"):
        with engine().begin() as connection:
            follow_zone(connection, zone)
            found, true, day = connection.execute(text(DAY_IN_ZONE), {"zone": zone}).one()
            assert (found, day) == (zone, true)
        assert differences_now() == []


def test_a_rebuild_leaves_what_the_triggers_had(accountant):
    bill(accountant, patient_id=factories.patient(), items=[CREAM])
    with transaction() as db:
        rebuild(db)
    assert kept("INVOICES", "ISSUED") == (1, 20)
