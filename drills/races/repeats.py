"""`Idempotency-Key`: lo enviado muchas veces ocurre una, y lo que murió a medias se puede repetir."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import psutil

from drills import fixtures
from drills.house import Broken, House, at_once, expect, outcome, outcomes, slot
from scripts.trials.calls import CLOSED_BY_PEER, Reply

TIMES = 50
IN_FLIGHT = "409 peticion_en_curso"
DEADLINE_SECONDS = 20.0
_keys = count(1)


def new_key() -> dict[str, str]:
    """Una cabecera con una clave que nadie usó."""
    return {"Idempotency-Key": f"ensayo-{next(_keys)}"}


def insist(call: Callable[[], Reply]) -> Reply:
    """La respuesta de una llamada con clave, repetida solo mientras la primera siga en curso.

    Ni un corte ni un 503 se repiten: `insisting.insist` sí, y aquí escondería lo que se ensaya.

    :raises Broken: si no termina nunca.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        reply = call()
        if outcome(reply) != IN_FLIGHT:
            return reply
        time.sleep(0.02)
    raise Broken("la clave sigue en curso y nadie la usa")


@dataclass(frozen=True)
class Case:
    """Algo que se pide con clave y la consulta que cuenta cuántas veces ocurrió.

    :param other: un cuerpo distinto, también válido.
    """

    service: str
    method: str
    path: str
    body: Mapping[str, Any]
    other: Mapping[str, Any]
    effects: tuple[str, Any]

    def call(self, house: House, key: Mapping[str, str], *, other: bool = False) -> Reply:
        """Lo pide."""
        body = self.other if other else self.body
        return house.admin.call(self.service, self.method, self.path, dict(body), key)

    def happened(self, house: House) -> Any:
        """Cuántas veces ocurrió."""
        query, about = self.effects
        return house.stored(query, about)


def _cases(house: House) -> dict[str, Case]:
    product, doctor, patient = fixtures.product(house, 100), house.doctor(), house.patient()
    treatment = fixtures.treatment(house, {product: 1})
    (visit,) = fixtures.visits(house, 1, {treatment: 1})
    issued, draft = fixtures.invoice(house, fixtures.line(100)), _draft(house)
    paying, credited = issued["invoice_id"], fixtures.invoice(house, fixtures.line(100))["invoice_id"]
    booking = {"doctor_id": doctor, "patient_id": patient, **slot(6, 10)}
    moves = "SELECT count(*) FROM stock_movements WHERE reason = 'COMPRA' AND product_id = %s"
    return {
        "cita": Case(
            *("citas", "POST", "/appointments", booking, {**booking, **slot(6, 12)}),
            ("SELECT count(*) FROM appointments WHERE doctor_id = %s", doctor),
        ),
        "cita completada": Case(
            *("citas", "PATCH", f"/appointments/{visit}/status"),
            *({"status": "COMPLETED"}, {"status": "CANCELLED"}),
            ("SELECT count(*) FROM stock_movements WHERE appointment_id = %s", visit),
        ),
        "movimiento": Case(
            *("inventario", "PATCH", f"/products/{product}/stock"),
            *({"quantity_change": 5, "reason": "COMPRA"}, {"quantity_change": 6, "reason": "COMPRA"}),
            (moves, product),
        ),
        "cobro": Case(
            *("facturacion", "POST", f"/invoices/{paying}/payments"),
            *({"amount": 10, "payment_method": "EFECTIVO"}, {"amount": 11, "payment_method": "EFECTIVO"}),
            ("SELECT count(*) FROM invoice_payments WHERE invoice_id = %s", paying),
        ),
        "emisión": Case(
            *("facturacion", "PATCH", f"/invoices/{draft}/status"),
            *({"status": "ISSUED"}, {"status": "ISSUED", "payment_method": "OTRO"}),
            ("SELECT count(invoice_number) FROM invoices WHERE invoice_id = %s", draft),
        ),
        "nota de crédito": Case(
            *("facturacion", "POST", f"/invoices/{credited}/credit-notes"),
            *({"reason": "Ensayo"}, {"reason": "Otro ensayo"}),
            ("SELECT count(*) FROM credit_notes WHERE invoice_id = %s", credited),
        ),
    }


def _draft(house: House) -> int:
    return int(fixtures.invoice(house, fixtures.line(20), status="DRAFT")["invoice_id"])


def fifty_times(house: House) -> str:
    """Cada cosa que admite clave, 50 veces a la vez con la misma: un efecto y 50 respuestas iguales."""
    cases = _cases(house)
    for name, case in cases.items():
        key = new_key()
        send = partial(case.call, house, key)
        replies = at_once([partial(insist, send)] * TIMES)
        expect(len({(reply.status, reply.content) for reply in replies}), 1, f"{name}: respuestas distintas")
        expect(replies[0].status < 300, True, f"{name}: {outcomes(replies)}")
        replayed = sum(reply.headers.get("Idempotent-Replayed") == "true" for reply in replies)
        expect(replayed, TIMES - 1, f"{name}: respuestas repetidas")
        expect(case.happened(house), 1, f"{name}: veces que ocurrió")
        expect(outcome(send(other=True)), "422 datos_invalidos", f"{name}: misma clave, otro cuerpo")
        expect(case.happened(house), 1, f"{name}: veces que ocurrió tras el otro cuerpo")
    return f"{', '.join(cases)}: 1 efecto y {TIMES} respuestas iguales; con otro cuerpo, 422"


def after_a_death(house: House) -> str:
    """La primera petición muere esperando: su clave se puede volver a usar, y ocurre una vez."""
    for kill, heard in ((_cut_its_connection, "503 base_no_disponible"), (_kill_its_process, "nada")):
        product = fixtures.product(house, 10)
        path, body, key = f"/products/{product}/stock", {"quantity_change": 5, "reason": "COMPRA"}, new_key()
        send = partial(house.admin.call, "inventario", "PATCH", path, body, key)
        with ThreadPoolExecutor(1) as pool, house.database() as cursor:
            cursor.execute("SELECT FROM products WHERE product_id = %s FOR UPDATE", (product,))
            first = pool.submit(_heard, send)
            kill(house, _waiting(house))
            expect(first.result(), heard, "lo que oyó quien murió esperando")
        reply = insist(send)
        expect(outcome(reply), "200", "la misma clave tras la muerte")
        expect(reply.headers.get("Idempotent-Replayed"), None, "respuesta repetida")
        left = house.stored("SELECT stock_quantity FROM products WHERE product_id = %s", product)
        expect(left, 15, "existencia")
        expect(insist(send).content, reply.content, "respuesta repetida después")
    return "conexión cortada y proceso muerto con -9: la clave sirve y ocurre una vez"


def _heard(send: Callable[[], Reply]) -> str:
    try:
        return outcome(send())
    except CLOSED_BY_PEER:
        return "nada"


def _waiting(house: House) -> int:
    """La conexión de la base que espera por lo que otro tiene.

    :raises Broken: si ninguna llega a esperar.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    query = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while time.monotonic() < deadline:
        if pid := house.stored(query):
            return int(pid)
        time.sleep(0.02)
    raise Broken("la petición no llegó a esperar")


def _cut_its_connection(house: House, pid: int) -> None:
    expect(house.stored("SELECT pg_terminate_backend(%s)", pid), True, "conexión cortada")


def _kill_its_process(house: House, _pid: int) -> None:
    """Mata a los que atienden inventario y espera a que su maestro ponga otros."""
    task = house.clinic.tasks["inventario"]
    assert task.process
    for child in psutil.Process(task.process.pid).children():
        child.kill()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not task.is_working():
        if time.monotonic() > deadline:
            raise Broken("inventario no volvió")
        time.sleep(0.05)
