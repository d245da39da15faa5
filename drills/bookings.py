"""Citas: un turno es de uno solo."""

from functools import partial

from drills.house import House, at_once, expect, slot, statuses


def one_slot(house: House) -> str:
    """200 reservas del mismo turno a la vez."""
    doctor, patients = house.doctor(), [house.patient() for _ in range(20)]
    desk, when = house.desk("Recepcion"), slot(3, 9)

    def book(number: int) -> dict[str, object]:
        return {"patient_id": patients[number % len(patients)], "doctor_id": doctor, **when}

    calls = [partial(desk.call, "citas", "POST", "/appointments", book(number)) for number in range(200)]
    found = statuses(at_once(calls))
    expect(found, {201: 1, 409: 199}, "respuestas")
    stored = house.stored("select count(*) from appointments where doctor_id = %s", doctor)
    expect(stored, 1, "citas guardadas")
    return "200 a la vez: 1 cita, 199 respuestas 409"
