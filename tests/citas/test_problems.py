"""Citas: cada error nombra todo lo que hay que corregir, y los rangos dicen la verdad."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from common.database import fetch_value, reading, transaction
from common.tables.inventario import Product
from tests import factories


@pytest.fixture
def citas(api):
    """La agenda."""
    return api("citas", role="Recepcion")


def fields(response):
    assert response.status_code == 422, response.json
    return {error["field"] for error in response.json["errors"]}


def span(minutes=30, **values):
    start = factories.tomorrow_at(9)
    end = start + timedelta(minutes=minutes)
    return {"start_time": start.isoformat(), "end_time": end.isoformat(), **values}


def test_a_booking_names_the_patient_the_doctor_and_the_length(citas):
    body = span(minutes=2, patient_id=999, doctor_id=factories.user("Recepcion"))
    assert fields(citas.post("/appointments", body)) == {"patient_id", "doctor_id", "end_time"}


def test_moving_names_the_doctor_and_the_length(citas):
    visit = factories.appointment()
    assert fields(citas.put(f"/appointments/{visit}", span(minutes=0, doctor_id=999))) == {
        "doctor_id",
        "end_time",
    }


def test_availability_names_the_doctor_the_length_and_the_excluded_appointment(citas):
    body = span(minutes=-5, doctor_id=999, exclude_appointment_id=999)
    refused = citas.post("/appointments/check-availability", body)
    assert fields(refused) == {"doctor_id", "end_time", "exclude_appointment_id"}


def test_an_excluded_appointment_has_to_exist(citas):
    body = span(doctor_id=factories.doctor())
    unknown = citas.post("/appointments/check-availability", {**body, "exclude_appointment_id": 999})
    assert fields(unknown) == {"exclude_appointment_id"}
    known = {**body, "exclude_appointment_id": factories.appointment()}
    assert citas.post("/appointments/check-availability", known).json["data"]["available"]


def test_the_working_hours_name_every_interval_that_cannot_serve(citas):
    whole, first, second = ("08:00", "18:00"), ("09:00", "10:00"), ("11:00", "12:00")
    hours = [{"weekday": 1, "start": s, "end": e} for s, e in (whole, first, second, ("13:00", "12:00"))]
    hours.append({"weekday": 2, "start": "09:30", "end": "10:00"})
    day = factories.tomorrow_at(9).isoformat()
    body = {"working_hours": hours, "time_off": [{"start": day, "end": day}]}
    assert fields(citas.put(f"/doctors/{factories.doctor()}/working-hours", body)) == {
        "working_hours[1]",
        "working_hours[2]",
        "working_hours[3].end",
        "time_off[0].end",
    }


@pytest.mark.parametrize(("days", "status"), [(0, 200), (30, 200), (31, 422)])
def test_the_schedule_covers_up_to_31_days(citas, days, status):
    first = factories.tomorrow_at(9).date()
    query = f"date_from={first}&date_to={first + timedelta(days=days)}"
    response = citas.get(f"/doctors/{factories.doctor()}/schedule?{query}")
    assert response.status_code == status
    if status == 422:
        assert response.json["errors"][0]["message"] == "el rango es de 1 a 31 días, ambos incluidos"


def test_a_cost_that_does_not_fit_names_its_field_and_moves_nothing(citas):
    product = factories.product(2_000_000)
    visit = factories.appointment(extras={product: 1_500_000})
    with transaction() as db:
        db.execute(update(Product).values(cost_price="999999.99"))
    assert fields(citas.patch(f"/appointments/{visit}/status", {"status": "COMPLETED"})) == {"quantity"}
    with reading() as db:
        assert fetch_value(db, select(Product.stock_quantity)) == 2_000_000
