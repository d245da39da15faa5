"""Lo que un ensayo necesita que ya exista, hecho por la API como lo haría la clínica."""

from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any

from drills.house import House, in_bulk, slot

BUYER = {"id_type": "CEDULA", "id_number": "1712345675", "name": "Ana Pérez"}
# Medias horas desde las 8: un doctor y un paciente no tienen más en un día.
PER_DAY = 20
_numbers = count(1)


def product(house: House, stock: float = 0, **values: Any) -> int:
    """Un producto con esa existencia."""
    number = next(_numbers)
    body = {"sku": f"ENSAYO-{number}", "name": f"Insumo {number}", "cost_price": 1.25, "sale_price": 2}
    reply = house.admin.call("inventario", "POST", "/products", {**body, "stock_quantity": stock, **values})
    return int(reply.data["product"]["product_id"])


def treatment(house: House, recipe: Mapping[int, float]) -> int:
    """Un tratamiento con su receta: producto → cantidad."""
    body = {"name": f"Tratamiento {next(_numbers)}", "base_price": 30}
    reply = house.admin.call("inventario", "POST", "/treatments", body)
    treatment_id = int(reply.data["treatment"]["treatment_id"])
    for product_id, quantity in recipe.items():
        ingredient = {"product_id": product_id, "quantity_needed": quantity}
        house.admin.call("inventario", "POST", f"/treatments/{treatment_id}/recipe", ingredient).data  # noqa: B018
    return treatment_id


def visits(house: House, number: int, treatments: Mapping[int, float] | None = None) -> list[int]:
    """Citas a horas distintas, cada una con esos tratamientos: tratamiento → veces."""
    # Varias agendas, y en cada una a otra hora: así no se esperan unas a otras.
    who = [{"doctor_id": house.doctor(), "patient_id": house.patient()} for _ in range(-(-number // 50))]
    bodies = [{**who[n % len(who)], **_half_hour(n // len(who))} for n in range(number)]
    booked = in_bulk([partial(house.admin.call, "citas", "POST", "/appointments", body) for body in bodies])
    found = [int(data["appointment"]["appointment_id"]) for data in booked]
    lines = [{"treatment_id": one, "quantity": times} for one, times in (treatments or {}).items()]
    in_bulk([partial(_add_line, house, visit, line) for visit in found for line in lines])
    return found


def _half_hour(number: int) -> dict[str, str]:
    day, place = divmod(number, PER_DAY)
    return slot(10 + day, 8 + place // 2, minute=place % 2 * 30)


def _add_line(house: House, visit: int, line: dict[str, Any]) -> Any:
    return house.admin.call("citas", "POST", f"/appointments/{visit}/treatments", line)


def complete(house: House, visit: int) -> Any:
    """La respuesta a completar una cita."""
    return house.admin.call("citas", "PATCH", f"/appointments/{visit}/status", {"status": "COMPLETED"})


def invoice(house: House, *items: dict[str, Any], status: str = "ISSUED", **values: Any) -> dict[str, Any]:
    """Una factura, emitida si no se pide otra cosa."""
    body = {"buyer": BUYER, "items": items, "status": status, **values}
    found: dict[str, Any] = house.admin.call("facturacion", "POST", "/invoices", body).data["invoice"]
    return found


def line(unit_price: float, **values: Any) -> dict[str, Any]:
    """Una línea de factura sin IVA."""
    return {"description": "Consulta", "unit_price": unit_price, **values}
