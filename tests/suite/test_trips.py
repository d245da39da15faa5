"""Cuántos viajes a la base cuesta cada escritura de todos los días: `docs/decisiones/0024-escrituras.md`.

Con la base en otro equipo cada uno cuesta lo que la red; y lo que dura una transacción duran sus bloqueos.
"""

from datetime import timedelta

import pytest

from tests import factories
from tests.trips import trips

BEGIN_AND_COMMIT = 2


def visit():
    """Una visita con cuatro insumos: los tres de su tratamiento y un extra."""
    recipe = {factories.product(100): 1 for _ in range(3)}
    return factories.appointment(
        treatments={factories.treatment(recipe): 1}, extras={factories.product(100): 1}
    )


def book(api):
    start = factories.tomorrow_at(9)
    times = {"start_time": start.isoformat(), "end_time": (start + timedelta(minutes=30)).isoformat()}
    who = {"patient_id": factories.patient(), "doctor_id": factories.doctor()}
    return api("citas"), "post", "/appointments", {**who, **times, "reason": "Control"}


def restock(api):
    body = {"quantity_change": 5, "reason": "COMPRA"}
    return api("inventario"), "patch", f"/products/{factories.product(1)}/stock", body


def complete(api):
    return api("citas"), "patch", f"/appointments/{visit()}/status", {"status": "COMPLETED"}


def issue(api, **charged):
    cashier = api("facturacion")
    draft = cashier.post("/invoices", charged).json["data"]["invoice"]
    return cashier, "patch", f"/invoices/{draft['invoice_id']}/status", {"status": "ISSUED"}


def issue_the_visit(api):
    return issue(api, appointment_id=visit())


def issue_the_visit_electronically(api):
    factories.sri_settings()
    return issue_the_visit(api)


def issue_a_sale(api):
    items = [{"product_id": factories.product(10)} for _ in range(3)]
    return issue(api, patient_id=factories.patient(), items=items)


@pytest.mark.parametrize(
    ("write", "cost"),
    [
        (book, 8),
        (restock, 6),
        (complete, 10),
        (issue_the_visit, 9),
        (issue_the_visit_electronically, 13),
        (issue_a_sale, 11),
    ],
)
def test_a_write_costs_the_trips_that_are_published(api, write, cost):
    client, method, path, body = write(api)
    answers = []
    sent = trips(lambda: answers.append(getattr(client, method)(path, body)))
    assert answers[0].status_code in (200, 201), answers[0].json
    # Si la sesión de quien llama sigue en pie se pregunta una vez cada tanto, no en cada escritura.
    sent = [statement for statement in sent if "token_version" not in statement]
    assert len(sent) + BEGIN_AND_COMMIT == cost, sent
