"""Carreras: cientos de peticiones a la vez sobre PostgreSQL de verdad, y las reglas se mantienen."""

from collections import Counter
from functools import partial

from sqlalchemy import func, select

from common.database import fetch_value, reading
from common.tables.citas import Appointment
from common.tables.inventario import Product, StockMovement
from scripts.trials.at_once import at_once
from tests import factories


def statuses(times, call):
    """Los estados de `times` llamadas simultáneas, contados."""
    responses = at_once([partial(call, number) for number in range(times)])
    return Counter(response.status_code for response in responses)


def stored(statement):
    with reading() as db:
        return fetch_value(db, statement)


def test_two_hundred_bookings_of_one_slot_make_one_appointment(api):
    citas, doctor = api("citas"), factories.doctor()
    patients = [factories.patient() for _ in range(20)]
    start, end = factories.tomorrow_at(9).isoformat(), factories.tomorrow_at(9, 30).isoformat()

    def book(number):
        patient = patients[number % len(patients)]
        body = {"patient_id": patient, "doctor_id": doctor, "start_time": start, "end_time": end}
        return citas.post("/appointments", body)

    assert statuses(200, book) == {201: 1, 409: 199}
    assert stored(select(func.count()).select_from(Appointment)) == 1


def test_crossed_bookings_never_deadlock(api):
    citas = api("citas")
    doctors, patients = [factories.doctor() for _ in range(3)], [factories.patient() for _ in range(3)]
    start, end = factories.tomorrow_at(9).isoformat(), factories.tomorrow_at(9, 30).isoformat()

    def book(number):
        who = {"doctor_id": doctors[number % 3], "patient_id": patients[number // 3 % 3]}
        return citas.post("/appointments", {**who, "start_time": start, "end_time": end})

    assert statuses(90, book) == {201: 3, 409: 87}


def test_thirty_simultaneous_completions_consume_once(api):
    citas, product = api("citas"), factories.product(100)
    visit = factories.appointment(treatments={factories.treatment({product: 2}): 3})

    def complete(_):
        return citas.patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})

    assert statuses(30, complete) == {200: 1, 409: 29}
    assert stored(select(Product.stock_quantity)) == 94


def test_visits_that_share_supplies_never_deadlock_nor_oversell(api):
    citas = api("citas")
    first, second = factories.product(40), factories.product(40)
    forwards, backwards = (
        factories.treatment({first: 1, second: 1}),
        factories.treatment({second: 1, first: 1}),
    )
    visits = [factories.appointment(treatments={t: 1}) for _ in range(30) for t in (forwards, backwards)]

    def complete(number):
        return citas.patch(f"/appointments/{visits[number]}/status", {"status": "COMPLETED"})

    assert statuses(60, complete) == {200: 40, 409: 20}
    assert stored(select(func.sum(Product.stock_quantity))) == 0
    assert stored(select(func.sum(StockMovement.quantity))) == 0


def test_one_hundred_and_fifty_issued_invoices_have_consecutive_numbers(api):
    cashier, patient = api("facturacion", role="Recepcion"), factories.patient()
    numbers = []

    def issue(_):
        items = [{"description": "Consulta", "unit_price": 10}]
        response = cashier.post("/invoices", {"patient_id": patient, "items": items, "status": "ISSUED"})
        numbers.append(response.json["data"]["invoice"]["invoice_number"])
        return response

    assert statuses(150, issue) == {201: 150}
    assert sorted(numbers) == [f"001-001-{number:09d}" for number in range(1, 151)]


def test_one_visit_is_billed_once(api):
    cashier = api("facturacion", role="Recepcion")
    visit = factories.appointment(treatments={factories.treatment(): 1})

    def bill(_):
        return cashier.post("/invoices", {"appointment_id": visit, "status": "ISSUED"})

    assert statuses(30, bill) == {201: 1, 409: 29}


def test_one_invoice_is_issued_once(api):
    cashier, product = api("facturacion", role="Recepcion"), factories.product(50)
    body = {"patient_id": factories.patient(), "items": [{"product_id": product, "quantity": 5}]}
    invoice = cashier.post("/invoices", body).json["data"]["invoice"]

    def issue(_):
        return cashier.patch(f"/invoices/{invoice['invoice_id']}/status", {"status": "ISSUED"})

    assert statuses(30, issue) == {200: 1, 409: 29}
    assert stored(select(Product.stock_quantity)) == 45
