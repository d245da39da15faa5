"""`ETag` e `If-Match`: de quienes editan lo mismo a la vez gana uno, y los demás se enteran."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from drills import fixtures
from drills.house import House, at_once, expect, outcome, outcomes
from scripts.trials.calls import Reply

# De lo primero, el paciente, cien; de lo demás basta con menos.
EDITORS, FEWER = 100, 30
STALE = "412 version_vencida"
PATIENT = "paciente"


@dataclass(frozen=True)
class Resource:
    """Algo que se edita con versión.

    :param key: bajo qué clave viene en la respuesta.
    :param field: el campo que cada quien cambia.
    """

    service: str
    path: str
    key: str
    field: str
    method: str = "PUT"

    def read(self, house: House) -> Reply:
        """Lo que hay ahora."""
        return house.admin.call(self.service, "GET", self.path)

    def write(self, house: House, value: Any, version: str) -> Reply:
        """Lo cambia, si sigue en esa versión."""
        headers = {"If-Match": version}
        return house.admin.call(self.service, self.method, self.path, {self.field: value}, headers)

    def value(self, reply: Reply) -> Any:
        """El campo que se edita, como lo dice una respuesta."""
        return reply.data[self.key][self.field]

    def editor(self, number: int) -> Any:
        """Lo que escribe cada quien: distinto de lo que escriben los demás."""
        return f"Editor {number}"


class Draft(Resource):
    """El borrador de una factura: cada quien le pone otros datos adicionales."""

    def editor(self, number: int) -> Any:
        """Lo que escribe cada quien."""
        return [{"name": "Editor", "value": str(number)}]


def _resources(house: House) -> dict[str, Resource]:
    patient, product = house.patient(), fixtures.product(house)
    (visit,) = fixtures.visits(house, 1)
    history, notes = f"/patients/{patient}/medical-history", f"/appointments/{visit}/notes"
    call = partial(house.admin.call, "historia_clinica", "POST")
    note = call(notes, {"observations": "Control"}).data["note"]["note_id"]
    call(history, {"allergies": "Ninguna"})
    treatment = fixtures.treatment(house, {product: 1})
    draft = fixtures.invoice(house, fixtures.line(10), status="DRAFT")["invoice_id"]
    return {
        PATIENT: Resource("historia_clinica", f"/patients/{patient}", "patient", "occupation"),
        "antecedentes": Resource("historia_clinica", history, "medical_history", "allergies", "POST"),
        "nota": Resource("historia_clinica", f"/notes/{note}", "note", "plan"),
        "cita": Resource("citas", f"/appointments/{visit}", "appointment", "reason"),
        "producto": Resource("inventario", f"/products/{product}", "product", "description"),
        "tratamiento": Resource("inventario", f"/treatments/{treatment}", "treatment", "description"),
        "borrador": Draft("facturacion", f"/invoices/{draft}", "invoice", "additional_info"),
    }


def one_winner(house: House) -> str:
    """Dos que leyeron lo mismo y lo guardan; y después muchos a la vez, por cada cosa que se edita."""
    resources = _resources(house)
    for name, resource in resources.items():
        version = resource.read(house).headers["ETag"]
        first, second = (resource.write(house, resource.editor(n), version) for n in (-1, -2))
        expect((outcome(first), outcome(second)), ("200", STALE), f"{name}: el primero y el segundo")
        expect(resource.value(resource.read(house)), resource.editor(-1), f"{name}: lo que quedó de dos")
        _many(house, name, resource, EDITORS if name == PATIENT else FEWER)
    return f"{', '.join(resources)}: de 2 gana el primero, de {EDITORS} o {FEWER} a la vez, 1; los demás, 412"


def _many(house: House, name: str, resource: Resource, editors: int) -> None:
    version = resource.read(house).headers["ETag"]
    calls = [partial(resource.write, house, resource.editor(n), version) for n in range(editors)]
    replies = at_once(calls)
    expect(outcomes(replies), {"200": 1, STALE: editors - 1}, f"{name}: respuestas")
    ((number, winner),) = [(n, reply) for n, reply in enumerate(replies) if reply.status == 200]
    now = resource.read(house)
    expect(resource.value(now), resource.editor(number), f"{name}: lo que quedó de {editors}")
    expect(now.headers["ETag"], winner.headers["ETag"], f"{name}: la versión que quedó")
