"""Citas: agendar, mover, cambiar de estado y completar."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from citas_service.status import REOPENINGS
from common.database import fetch_all, fetch_value, reading
from common.tables.citas import Appointment, AppointmentStatusHistory
from common.tables.inventario import Product, StockMovement
from tests import factories


def booking(**values):
    start = values.pop("start_time", factories.tomorrow_at(9))
    body = {
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(minutes=values.pop("minutes", 30))).isoformat(),
    }
    if "patient_id" not in values:
        body["patient_id"] = factories.patient()
    if "doctor_id" not in values:
        body["doctor_id"] = factories.doctor()
    return {**body, **values}


def stored_status(appointment_id):
    with reading() as db:
        return fetch_value(db, select(Appointment.status).where(Appointment.appointment_id == appointment_id))


def stored_stock(product_id):
    with reading() as db:
        return fetch_value(db, select(Product.stock_quantity).where(Product.product_id == product_id))


def consumed(appointment_id):
    statement = (
        select(StockMovement.product_id, StockMovement.quantity, StockMovement.unit_cost)
        .where(StockMovement.appointment_id == appointment_id)
        .order_by(StockMovement.product_id)
    )
    with reading() as db:
        return [tuple(row.values()) for row in fetch_all(db, statement)]


def test_a_receptionist_books_and_the_history_starts(api):
    response = api("citas", role="Recepcion").post("/appointments", booking(reason="Dolor de muela"))
    assert response.status_code == 201
    appointment = response.json["data"]["appointment"]
    assert appointment["status"] == "PENDING"
    assert response.headers["Location"] == f"/api/citas/appointments/{appointment['appointment_id']}"
    assert [c["to_status"] for c in appointment["status_history"]] == ["PENDING"]


def test_instants_come_back_in_the_clinic_zone(api):
    body = booking()
    appointment = api("citas").post("/appointments", body).json["data"]["appointment"]
    assert appointment["start_time"] == body["start_time"]
    assert appointment["start_time"].endswith("-05:00")


def test_a_naive_instant_is_clinic_time(api):
    body = booking()
    naive = {key: body[key].removesuffix("-05:00") for key in ("start_time", "end_time")}
    appointment = api("citas").post("/appointments", {**body, **naive}).json["data"]["appointment"]
    assert appointment["start_time"] == body["start_time"]


def test_a_doctor_cannot_have_two_overlapping_appointments(api):
    citas, doctor = api("citas"), factories.doctor()
    first = citas.post("/appointments", booking(doctor_id=doctor)).json["data"]["appointment"]
    second = citas.post("/appointments", booking(doctor_id=doctor, start_time=factories.tomorrow_at(9, 29)))
    assert second.status_code == 409
    assert second.json["code"] == "horario_ocupado"
    assert second.json["data"]["conflict"]["appointment_id"] == first["appointment_id"]


def test_a_patient_cannot_be_in_two_places(api):
    citas, patient = api("citas"), factories.patient()
    citas.post("/appointments", booking(patient_id=patient))
    second = citas.post("/appointments", booking(patient_id=patient))
    assert second.json["code"] == "horario_ocupado"
    assert "paciente" in second.json["message"]


def test_touching_appointments_are_allowed(api):
    citas, doctor = api("citas"), factories.doctor()
    citas.post("/appointments", booking(doctor_id=doctor))
    touching = booking(doctor_id=doctor, start_time=factories.tomorrow_at(9, 30))
    assert citas.post("/appointments", touching).status_code == 201


def test_a_cancelled_appointment_frees_its_slot(api):
    citas, doctor = api("citas"), factories.doctor()
    first = citas.post("/appointments", booking(doctor_id=doctor)).json["data"]["appointment"]
    citas.patch(f"/appointments/{first['appointment_id']}/status", {"status": "CANCELLED"})
    assert citas.post("/appointments", booking(doctor_id=doctor)).status_code == 201


@pytest.mark.parametrize("minutes", [0, -30, 4, 481])
def test_the_length_is_between_five_minutes_and_eight_hours(api, minutes):
    refused = api("citas").post("/appointments", booking(minutes=minutes))
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "end_time"


def test_every_reference_that_cannot_serve_is_named(api):
    body = booking(patient_id=factories.patient(is_active=False), doctor_id=factories.user("Recepcion"))
    refused = api("citas").post("/appointments", body)
    assert refused.status_code == 422
    assert {e["field"] for e in refused.json["errors"]} == {"patient_id", "doctor_id"}


def test_moving_an_appointment_checks_the_new_slot(api):
    citas, doctor = api("citas"), factories.doctor()
    citas.post("/appointments", booking(doctor_id=doctor))
    other = citas.post("/appointments", booking(doctor_id=doctor, start_time=factories.tomorrow_at(11))).json[
        "data"
    ]["appointment"]
    taken = citas.put(
        f"/appointments/{other['appointment_id']}",
        {"start_time": factories.tomorrow_at(9).isoformat()},
    )
    assert taken.status_code == 409
    assert taken.json["code"] == "horario_ocupado"


def test_moving_an_appointment_inside_its_own_slot_is_no_conflict(api):
    citas = api("citas")
    one = citas.post("/appointments", booking()).json["data"]["appointment"]
    moved = citas.put(
        f"/appointments/{one['appointment_id']}", {"end_time": factories.tomorrow_at(9, 45).isoformat()}
    )
    assert moved.status_code == 200
    assert moved.json["data"]["appointment"]["end_time"] == factories.tomorrow_at(9, 45).isoformat()


def test_completing_consumes_the_recipes_and_the_extras_at_frozen_cost(api):
    gauze, needle = factories.product(10, cost_price="0.20"), factories.product(5, cost_price="1.50")
    treatment = factories.treatment({gauze: "1.5", needle: 1})
    visit = factories.appointment(treatments={treatment: 2}, extras={needle: 1})
    response = api("citas", role="Doctor").patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})
    assert response.status_code == 200
    assert [(c["product_id"], c["quantity"]) for c in response.json["data"]["consumption"]] == [
        (gauze, 3),
        (needle, 3),
    ]
    assert [(p, float(q), float(c)) for p, q, c in consumed(visit)] == [
        (gauze, -3.0, 0.2),
        (needle, -3.0, 1.5),
    ]
    assert (stored_stock(gauze), stored_stock(needle)) == (7, 2)


def test_a_visit_that_lacks_supplies_changes_nothing_and_names_all(api):
    enough, short, none = factories.product(10), factories.product(1), factories.product(0)
    visit = factories.appointment(
        treatments={factories.treatment({enough: 1, short: 2}): 1}, extras={none: 1}
    )
    refused = api("citas").patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})
    assert refused.status_code == 409
    assert refused.json["code"] == "stock_insuficiente"
    assert {item["product_id"] for item in refused.json["data"]["items"]} == {short, none}
    assert stored_status(visit) == "PENDING"
    assert consumed(visit) == []
    assert stored_stock(enough) == 10


def test_completing_twice_consumes_once(api):
    product = factories.product(10)
    visit = factories.appointment(extras={product: 4})
    citas = api("citas")
    citas.patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})
    again = citas.patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})
    assert again.status_code == 409
    assert again.json["code"] == "transicion_invalida"
    assert stored_stock(product) == 6


ALLOWED = {
    "PENDING": {"CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"},
    "CONFIRMED": {"IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"},
    "IN_PROGRESS": {"COMPLETED", "CANCELLED"},
    "COMPLETED": set(),
    "CANCELLED": set(),
    "NO_SHOW": set(),
}
# Volver atrás tiene sus propias pruebas.
FORWARD = [change for change in itertools.product(ALLOWED, ALLOWED) if change not in REOPENINGS]


@pytest.mark.parametrize(("former", "new"), FORWARD)
def test_only_the_allowed_transitions_happen(api, former, new):
    visit = factories.appointment(status=former)
    response = api("citas").patch(f"/appointments/{visit}/status", {"status": new})
    expected = new if new in ALLOWED[former] else former
    assert response.status_code == (200 if new in ALLOWED[former] else 409)
    assert stored_status(visit) == expected
    if response.status_code == 409:
        assert set(response.json["data"]["allowed"]) == ALLOWED[former]


def test_every_change_is_kept_with_its_reason(api):
    visit, receptionist = factories.appointment(), factories.user("Recepcion")
    citas = api("citas", role="Recepcion", user_id=receptionist)
    citas.patch(f"/appointments/{visit}/status", {"status": "CANCELLED", "reason": "Viajó"})
    history = citas.get(f"/appointments/{visit}").json["data"]["appointment"]["status_history"]
    assert [(c["from_status"], c["to_status"], c["reason"], c["changed_by"]) for c in history] == [
        ("PENDING", "CANCELLED", "Viajó", receptionist)
    ]
    with reading() as db:
        rows = fetch_all(db, select(AppointmentStatusHistory.to_status))
    assert len(rows) == 1


def test_a_closed_appointment_is_read_only(api):
    visit = factories.appointment(status="CANCELLED")
    citas = api("citas")
    treatment = factories.treatment()
    assert citas.put(f"/appointments/{visit}", {"reason": "x"}).json["code"] == "cita_cerrada"
    line = citas.post(f"/appointments/{visit}/treatments", {"treatment_id": treatment})
    assert line.json["code"] == "cita_cerrada"


def test_the_day_filters_mean_the_clinic_day(api):
    late = factories.tomorrow_at(23, 30)
    visit = factories.appointment(start_time=late)
    citas, day = api("citas"), late.date().isoformat()
    found = citas.get(f"/appointments?date_from={day}&date_to={day}").json["data"]
    assert [a["appointment_id"] for a in found["appointments"]] == [visit]
    assert found["pagination"]["total"] == 1


def test_the_totals_of_a_visit_add_up(api):
    treatment, extra = factories.treatment(base_price="19.99"), factories.product(sale_price="0.35")
    visit = factories.appointment(treatments={treatment: 3}, extras={extra: "1.5"})
    detail = api("citas").get(f"/appointments/{visit}").json["data"]["appointment"]
    assert (detail["treatments_total"], detail["extras_total"], detail["total"]) == (59.97, 0.53, 60.5)


def test_the_same_idempotency_key_books_once(api):
    citas, body = api("citas"), booking()
    first = citas.post("/appointments", body, headers={"Idempotency-Key": "reserva-1"})
    again = citas.post("/appointments", body, headers={"Idempotency-Key": "reserva-1"})
    assert again.status_code == 201
    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
