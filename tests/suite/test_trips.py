"""Cuántos viajes a la base cuesta cada escritura de todos los días: `docs/decisiones/0024-escrituras.md`.

Con la base en otro equipo cada uno cuesta lo que la red; y lo que dura una transacción duran sus bloqueos.
"""

from datetime import timedelta
from functools import partial
from uuid import uuid4

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


def book(_desk):
    start = factories.tomorrow_at(9)
    times = {"start_time": start.isoformat(), "end_time": (start + timedelta(minutes=30)).isoformat()}
    who = {"patient_id": factories.patient(), "doctor_id": factories.doctor()}
    return "post", "/appointments", {**who, **times, "reason": "Control"}


def restock(_desk):
    body = {"quantity_change": 5, "reason": "COMPRA"}
    return "patch", f"/products/{factories.product(1)}/stock", body


def complete(_desk):
    return "patch", f"/appointments/{visit()}/status", {"status": "COMPLETED"}


def issue(desk, **charged):
    draft = desk.post("/invoices", charged).json["data"]["invoice"]
    return "patch", f"/invoices/{draft['invoice_id']}/status", {"status": "ISSUED"}


def issue_the_visit(desk):
    return issue(desk, appointment_id=visit())


def issue_a_sale(desk):
    items = [{"product_id": factories.product(10)} for _ in range(3)]
    return issue(desk, patient_id=factories.patient(), items=items)


def cost(desk, write, headers=dict):
    # La primera vez se prepara cada sentencia y se pregunta si la sesión de quien llama sigue en pie.
    for _ in range(2):
        method, path, body = write(desk)
        answer, sent = trips(partial(getattr(desk, method), path, body, headers=headers()))
        assert answer.status_code in (200, 201), answer.json
    return len(sent) + BEGIN_AND_COMMIT


@pytest.mark.parametrize(
    ("service", "write", "published"),
    [
        ("citas", book, 8),
        ("inventario", restock, 6),
        ("citas", complete, 10),
        ("facturacion", issue_the_visit, 9),
        ("facturacion", issue_a_sale, 11),
    ],
)
def test_a_write_costs_the_trips_that_are_published(api, service, write, published):
    assert cost(api(service), write) == published


def test_an_electronic_invoice_costs_four_trips_more(api):
    factories.sri_settings()
    assert cost(api("facturacion"), issue_the_visit) == 13


def test_a_key_costs_four_trips_more(api):
    assert cost(api("inventario"), restock, lambda: {"Idempotency-Key": uuid4().hex}) == 10
