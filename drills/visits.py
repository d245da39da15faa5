"""Visitas que a la vez se reabren, se cancelan y se facturan: lo cobrado queda en pie."""

from collections.abc import Callable
from functools import partial
from typing import Any

from drills import fixtures
from drills.house import House, at_once, expect, expect_only
from drills.races import consumption
from scripts.trials.calls import Reply

COUNT = 30
Call = Callable[[], Reply]
REFUSALS = (
    "409 cita_facturada",
    "409 cita_cancelada",
    "409 cita_ya_facturada",
    "409 transicion_invalida",
    # Una factura nueva de una visita que ya se canceló: la cita no sirve.
    "422 datos_invalidos",
)
# Cada visita: su estado, cuántas facturas la cobran y lo que consumió y no ha vuelto.
VISITS = """
SELECT status,
  (SELECT count(*) FROM invoices AS i WHERE i.appointment_id = a.appointment_id
    AND i.status IN ('ISSUED', 'PAID') AND NOT i.credited_in_full),
  (SELECT -coalesce(sum(quantity), 0) FROM stock_movements AS m WHERE m.appointment_id = a.appointment_id)
FROM appointments AS a WHERE appointment_id = ANY(%s)
"""


def billed_or_changed(house: House) -> str:
    """60 visitas que se reabren y se cancelan mientras dos personas las facturan.

    Las completadas, de una vez; las pendientes, emitiendo un borrador que ya las nombra: son dos caminos.
    """
    product = fixtures.product(house, COUNT)
    treatment = fixtures.treatment(house, {product: 1})
    done, pending = (fixtures.visits(house, COUNT, {treatment: 1}) for _ in range(2))
    for reply in at_once([partial(fixtures.complete, house, visit) for visit in done]):
        expect(reply.status, 200, "completar")
    bills = [partial(_bill, house, visit) for visit in done]
    bills += [partial(_issue, house, _bill(house, visit, "DRAFT").data["invoice"]) for visit in pending]
    turns = enumerate(zip(done + pending, bills, strict=True))
    calls = [call for turn, (visit, bill) in turns for call in _all_at_once(house, visit, bill, turn)]
    replies = at_once(calls)
    expect_only(replies, "200", "201", *REFUSALS)
    rows = house.rows(VISITS, done + pending)
    for status, invoices, consumed in rows:
        expect(status == "CANCELLED" and invoices > 0, False, "cancelada y cobrada")
        expect(invoices <= 1, True, f"cobrada {invoices} veces")
        expect(consumed, int(status == "COMPLETED"), f"consumo de una visita en {status}")
    left = COUNT - sum(status == "COMPLETED" for status, _, _ in rows)
    consumption.check_ledger(house, product, left)
    billed = sum(invoices for _, invoices, _ in rows)
    expect(0 < billed < len(rows), True, f"unas cobradas y otras no ({billed})")
    return f"{len(calls)} a la vez sobre {len(rows)} visitas: {billed} cobradas, ninguna de ellas cancelada"


def _all_at_once(house: House, visit: int, bill: Call, turn: int) -> list[Call]:
    """Reabrirla, cancelarla y facturarla; a cada visita le toca empezar por otra cosa."""
    reopen, cancel = (partial(_move, house, visit, status) for status in ("IN_PROGRESS", "CANCELLED"))
    calls: list[Call] = [bill, reopen, cancel, bill, cancel]
    first = turn % len(calls)
    return calls[first:] + calls[:first]


def _move(house: House, visit: int, status: str) -> Reply:
    body = {"status": status, "reason": "Ensayo"}
    return house.admin.call("citas", "PATCH", f"/appointments/{visit}/status", body)


def _bill(house: House, visit: int, status: str = "ISSUED") -> Reply:
    body = {"appointment_id": visit, "status": status}
    return house.admin.call("facturacion", "POST", "/invoices", body)


def _issue(house: House, draft: dict[str, Any]) -> Reply:
    path = f"/invoices/{draft['invoice_id']}/status"
    return house.admin.call("facturacion", "PATCH", path, {"status": "ISSUED"})
