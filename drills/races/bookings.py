"""Citas: un turno es de uno solo, lo pidan cuantos lo pidan, se cancele o se mude."""

from collections import defaultdict
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

from drills import fixtures
from drills.house import House, at_once, expect, expect_only, outcomes, slot, statuses

OVERLAPPING_PAIRS = """
SELECT count(*) FROM appointments AS one JOIN appointments AS other
  ON one.appointment_id < other.appointment_id
  AND (one.doctor_id = other.doctor_id OR one.patient_id = other.patient_id)
  AND tstzrange(one.start_time, one.end_time) && tstzrange(other.start_time, other.end_time)
WHERE one.status NOT IN ('CANCELLED', 'NO_SHOW') AND other.status NOT IN ('CANCELLED', 'NO_SHOW')
"""
LIVE = "SELECT count(*) FROM appointments WHERE doctor_id = %s AND status NOT IN ('CANCELLED', 'NO_SHOW')"
STRIDE = 41  # primo con la cantidad de turnos que se piden
TAKEN = "409 horario_ocupado"


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


def crossed(house: House) -> str:
    """Turnos de tres doctores y tres pacientes que se pisan: no quedan dos que se crucen."""
    doctors, patients = [house.doctor() for _ in range(3)], [house.patient() for _ in range(3)]
    times = [slot(4, 9 + start // 60, minute=start % 60) for start in range(0, 120, 10)]
    ordered = list(product(doctors, patients, times))
    # Salteados, para que choquen todos con todos.
    mixed = [ordered[n * STRIDE % len(ordered)] for n in range(len(ordered))]
    wanted = [{"doctor_id": doctor, "patient_id": patient, **when} for doctor, patient, when in mixed]
    desk = house.desk("Recepcion")
    replies = at_once([partial(desk.call, "citas", "POST", "/appointments", body) for body in wanted])
    made = [body for body, reply in zip(wanted, replies, strict=True) if reply.status == 201]
    expect(outcomes(replies), {"201": len(made), TAKEN: len(wanted) - len(made)}, "respuestas")
    expect(sum(house.stored(LIVE, doctor) for doctor in doctors), len(made), "citas guardadas")
    expect(house.stored(OVERLAPPING_PAIRS), 0, "parejas de citas que se cruzan")
    free = [body for body in wanted if not any(_clash(body, other) for other in made)]
    expect(free, [], "turnos rechazados que estaban libres")
    return f"{len(wanted)} a la vez: {len(made)} citas, ninguna se cruza, ningún turno libre rechazado"


def _clash(one: dict[str, Any], other: dict[str, Any]) -> bool:
    shared = one["doctor_id"] == other["doctor_id"] or one["patient_id"] == other["patient_id"]
    (start, end), (first, last) = _span(one), _span(other)
    return shared and start < last and first < end


def _span(body: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(body["start_time"]), datetime.fromisoformat(body["end_time"])


def released(house: House) -> str:
    """Turnos que se cancelan mientras ocho personas los piden: nunca dos citas vivas, ni un turno perdido."""
    doctor, patients = house.doctor(), [house.patient() for _ in range(8)]
    desk, holder = house.desk("Recepcion"), house.patient()
    times = [slot(5 + number // 10, 8 + number % 10) for number in range(20)]

    def book(number: int, patient: int) -> Any:
        body = {"doctor_id": doctor, "patient_id": patient, **times[number]}
        return desk.call("citas", "POST", "/appointments", body)

    held = [book(number, holder).data["appointment"]["appointment_id"] for number in range(len(times))]
    calls, owners = [], []
    for number, appointment in enumerate(held):
        path, body = f"/appointments/{appointment}/status", {"status": "CANCELLED"}
        asking = [partial(book, number, patient) for patient in patients]
        # En medio: unos llegan antes y otros después.
        calls += [*asking[:3], partial(desk.call, "citas", "PATCH", path, body), *asking[3:]]
        owners += [number] * (1 + len(patients))
    replies = at_once(calls)
    expect_only(replies, "200", "201", TAKEN)
    rebooked: defaultdict[int, int] = defaultdict(int)
    for number, reply in zip(owners, replies, strict=True):
        rebooked[number] += reply.status == 201
    expect(max(rebooked.values()), 1, "citas nuevas de un turno cancelado")
    won = sum(rebooked.values())
    expect(house.stored(LIVE, doctor), won, "citas vivas")
    left = [book(number, holder).status for number in range(len(times)) if not rebooked[number]]
    expect(set(left) <= {201}, True, "los turnos que nadie alcanzó a tomar siguen libres")
    expect(house.stored(OVERLAPPING_PAIRS), 0, "parejas de citas que se cruzan")
    return f"20 turnos cancelados con 8 pedidos cada uno: {won} tomados al vuelo, ninguno dos veces"


def moved(house: House) -> str:
    """40 citas que se mudan a la vez al mismo turno: se muda una."""
    doctor, desk, target = house.doctor(), house.desk("Recepcion"), slot(8, 9)
    visits = fixtures.visits(house, 40)
    calls = [
        partial(desk.call, "citas", "PUT", f"/appointments/{visit}", {"doctor_id": doctor, **target})
        for visit in visits
    ]
    expect(outcomes(at_once(calls)), {"200": 1, TAKEN: 39}, "respuestas")
    expect(house.stored(LIVE, doctor), 1, "citas en el turno")
    remaining = house.stored("SELECT count(*) FROM appointments WHERE appointment_id = ANY(%s)", visits)
    expect(remaining, 40, "citas que siguen existiendo")
    return "40 a la vez: 1 se mudó, 39 se quedaron donde estaban"
