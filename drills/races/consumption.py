"""Existencias: lo que se consume a la vez nunca pasa de lo que hay, y el kardex siempre cuadra."""

from decimal import Decimal
from functools import partial
from typing import Any

from drills import fixtures
from drills.house import House, at_once, expect, expect_only, outcomes

SHORT = "409 stock_insuficiente"
CLOSED = "409 transicion_invalida"
# Lo que hay, lo que suman los movimientos, lo menos que hubo y los saldos que no continúan el anterior.
LEDGER = """
SELECT stock_quantity, sum(quantity), min(balance_after), count(*) FILTER (WHERE balance_after <> running)
FROM (
  SELECT product_id, quantity, balance_after,
    sum(quantity) OVER (PARTITION BY product_id ORDER BY movement_id) AS running
  FROM stock_movements
) AS ledger JOIN products USING (product_id)
WHERE product_id = %s GROUP BY stock_quantity
"""
# Cuántos movimientos tiene cada cita, por estado: {("COMPLETED", 1), ("PENDING", 0)}.
MOVEMENTS = """
SELECT status, count(movement_id) FROM appointments LEFT JOIN stock_movements USING (appointment_id)
WHERE appointment_id = ANY(%s) GROUP BY appointment_id
"""


def check_ledger(house: House, product: int, left: str | int) -> None:
    """Comprueba que la existencia sea esa, que la sumen sus movimientos y que nunca bajara de cero.

    :raises Broken: si algo no cuadra.
    """
    ((stock, total, lowest, broken),) = house.rows(LEDGER, product)
    expect((stock, total), (Decimal(left), Decimal(left)), "existencia y suma del kardex")
    expect(lowest >= 0, True, f"existencia que nunca baja de cero (llegó a {lowest})")
    expect(broken, 0, "saldos que no continúan el anterior")


def too_few_units(house: House) -> str:
    """500 citas que se completan a la vez, con insumos para 100."""
    product = fixtures.product(house, 100)
    visits = fixtures.visits(house, 500, {fixtures.treatment(house, {product: 1}): 1})
    replies = at_once([partial(fixtures.complete, house, visit) for visit in visits])
    expect(outcomes(replies), {"200": 100, SHORT: 400}, "respuestas")
    named = {item["product_id"] for reply in replies if reply.status == 409 for item in _missing(reply)}
    expect(named, {product}, "insumos que dicen que faltan")
    check_ledger(house, product, 0)
    done = set(house.rows(MOVEMENTS, visits))
    expect(done, {("COMPLETED", 1), ("PENDING", 0)}, "movimientos de cada cita")
    return "100 completadas, 400 respuestas 409, existencia 0, kardex exacto"


def _missing(reply: Any) -> Any:
    return reply.json["data"]["items"]


def fractions(house: House) -> str:
    """Cantidades con milésimas y dos insumos en orden cruzado: ni se pierde una milésima ni se traban."""
    first, second = fixtures.product(house, 10), fixtures.product(house, 10)
    forwards = fixtures.treatment(house, {first: 0.125, second: 0.333})
    backwards = fixtures.treatment(house, {second: 0.333, first: 0.125})
    visits = [fixtures.visits(house, 20, {treatment: 1.5}) for treatment in (forwards, backwards)]
    mixed = [visit for pair in zip(*visits, strict=True) for visit in pair]
    replies = at_once([partial(fixtures.complete, house, visit) for visit in mixed])
    # 0,333 × 1,5 son 0,4995, que en el kardex son 0,5: alcanzan para 20; del otro salen 0,188 (0,1875).
    expect(outcomes(replies), {"200": 20, SHORT: 20}, "respuestas")
    check_ledger(house, second, 0)
    check_ledger(house, first, "6.24")
    return "20 de 40 completadas: quedan 0 y 6,24 exactas, sin trabarse"


def one_visit(house: House) -> str:
    """Una cita que se completa treinta veces a la vez."""
    product = fixtures.product(house, 100)
    (visit,) = fixtures.visits(house, 1, {fixtures.treatment(house, {product: 2}): 3})
    replies = at_once([partial(fixtures.complete, house, visit)] * 30)
    expect(outcomes(replies), {"200": 1, CLOSED: 29}, "respuestas")
    check_ledger(house, product, 94)
    expect(house.rows(MOVEMENTS, [visit]), [("COMPLETED", 1)], "movimientos de la cita")
    return "consumió una vez, 29 respuestas 409"


def every_way_at_once(house: House) -> str:
    """Un producto que a la vez se consume, se vende, se compra, se pierde y se devuelve."""
    product = fixtures.product(house, 60)
    visits = fixtures.visits(house, 60, {fixtures.treatment(house, {product: 1}): 1})
    sale = {"buyer": fixtures.BUYER, "items": [{"product_id": product, "quantity": 2}], "status": "ISSUED"}
    sold = [fixtures.invoice(house, {"product_id": product, "quantity": 1}) for _ in range(10)]
    path, annulment = f"/products/{product}/stock", {"status": "ANNULLED", "reason": "Ensayo"}
    moves = {"COMPRA": 1.25, "MERMA": -0.75}
    call = house.admin.call
    calls = [
        *(partial(fixtures.complete, house, visit) for visit in visits),
        *(partial(call, "facturacion", "POST", "/invoices", sale) for _ in range(20)),
        *(
            partial(call, "facturacion", "PATCH", f"/invoices/{one['invoice_id']}/status", annulment)
            for one in sold
        ),
        *(
            partial(call, "inventario", "PATCH", path, {"quantity_change": change, "reason": reason})
            for reason, change in moves.items()
            for _ in range(20)
        ),
    ]
    # Salteadas, para que se crucen todas las clases.
    replies = at_once([calls[n * 37 % len(calls)] for n in range(len(calls))])
    expect_only(replies, "200", "201", SHORT)
    left = house.stored("SELECT stock_quantity FROM products WHERE product_id = %s", product)
    check_ledger(house, product, left)
    odd = set(house.rows(MOVEMENTS, visits)) - {("COMPLETED", 1), ("PENDING", 0)}
    expect(odd, set(), "citas a medio consumir")
    done = sum(reply.status < 300 for reply in replies)
    return f"{done} de {len(calls)} hechas, quedan {left:f}, kardex exacto"
