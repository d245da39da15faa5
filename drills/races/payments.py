"""Cobros y devoluciones: nunca se cobra ni se devuelve más que la factura, y se salda una sola vez."""

from decimal import Decimal
from functools import partial
from typing import Any

from drills import fixtures
from drills.house import House, at_once, expect, expect_only, outcomes
from drills.races import consumption, numbers
from scripts.trials.calls import Reply

CLOSED = "409 factura_no_cobrable"
NOT_MOVED = "409 transicion_invalida"
TOO_MUCH = "422 datos_invalidos"
# Lo que una factura debe, lo que se cobró, lo que se devolvió, en qué quedó y si se saldó.
ACCOUNT = """
SELECT total_amount,
  (SELECT coalesce(sum(amount), 0) FROM invoice_payments AS p WHERE p.invoice_id = i.invoice_id),
  (SELECT coalesce(sum(total_amount), 0) FROM credit_notes AS c
    WHERE c.invoice_id = i.invoice_id AND c.status = 'ISSUED'),
  status, paid_at IS NOT NULL
FROM invoices AS i WHERE invoice_id = ANY(%s)
"""


def pay(house: House, invoice: int, amount: float) -> Reply:
    """La respuesta a cobrar una parte."""
    body = {"amount": amount, "payment_method": "EFECTIVO"}
    return house.admin.call("facturacion", "POST", f"/invoices/{invoice}/payments", body)


def credit(house: House, invoice: int, *items: dict[str, Any]) -> Reply:
    """La respuesta a devolver unas líneas, o lo que quede."""
    body = {"reason": "Ensayo", "items": items} if items else {"reason": "Ensayo"}
    return house.admin.call("facturacion", "POST", f"/invoices/{invoice}/credit-notes", body)


def change(house: House, invoice: int, status: str) -> Reply:
    """La respuesta a saldar o anular una factura."""
    body = {"status": status} | ({"reason": "Ensayo"} if status == "ANNULLED" else {})
    return house.admin.call("facturacion", "PATCH", f"/invoices/{invoice}/status", body)


def two_hundred(house: House) -> str:
    """220 cobros de la doscientosava parte; y otra factura en partes que no caben justas."""
    exact, uneven = (fixtures.invoice(house, fixtures.line(100))["invoice_id"] for _ in range(2))
    replies = at_once([partial(pay, house, exact, 0.5)] * 220)
    expect(outcomes(replies), {"201": 200, CLOSED: 20}, "respuestas")
    closings = [r for r in replies if r.status == 201 and r.data["invoice"]["status"] == "PAID"]
    expect(len(closings), 1, "cobros que la saldaron")
    expect(_account(house, exact), [(100, 100, 0, "PAID", True)], "cuenta")
    # Caben 188 de 0,53 y quedan 36 centavos, que se saldan de una vez.
    expect(outcomes(at_once([partial(pay, house, uneven, 0.53)] * 200)), {"201": 188, TOO_MUCH: 12}, "partes")
    expect(_account(house, uneven), [(100, Decimal("99.64"), 0, "ISSUED", False)], "cuenta a medias")
    settled = outcomes(at_once([partial(change, house, uneven, "PAID")] * 30))
    expect(settled, {"200": 1, NOT_MOVED: 29}, "saldarla")
    expect(_account(house, uneven), [(100, 100, 0, "PAID", True)], "cuenta saldada")
    return "200 cobros de 220 suman el total exacto y la saldan una vez; ni un centavo de más"


def _account(house: House, *invoices: int) -> list[tuple[Any, ...]]:
    return house.rows(ACCOUNT, list(invoices))


def fifty_credits(house: House) -> str:
    """50 notas de crédito de un cuarentavo: se hacen 40, y lo vendido vuelve entero."""
    product = fixtures.product(house, 50)
    sold = {"product_id": product, "quantity": 20, "unit_price": 0.37, "discount": 0.5, "iva_rate": 15}
    invoice = fixtures.invoice(house, sold)
    number, part = invoice["invoice_id"], {"item_id": invoice["items"][0]["item_id"], "quantity": 0.5}
    replies = at_once([partial(credit, house, number, part)] * 50)
    expect(outcomes(replies), {"201": 40, TOO_MUCH: 10}, "respuestas")
    ((total, _, credited, status, _),) = _account(house, number)
    expect((credited, status), (total, "ISSUED"), "lo devuelto")
    consumption.check_ledger(house, product, 50)
    found = [r.data["credit_note"]["credit_note_number"] for r in replies if r.status == 201]
    numbers.check_consecutive(found, 40, "de las notas", first=numbers.lowest(found))
    return "40 hechas suman el total exacto, 10 respuestas 422, lo vendido volvió entero"


def every_way_at_once(house: House) -> str:
    """Cada factura se cobra, se devuelve, se salda y se anula a la vez: la cuenta siempre cuadra."""
    invoices = [fixtures.invoice(house, fixtures.line(100))["invoice_id"] for _ in range(30)]
    calls = [
        call
        for one in invoices
        for call in (
            partial(pay, house, one, 60),
            partial(credit, house, one),
            partial(change, house, one, "PAID"),
            partial(change, house, one, "ANNULLED"),
        )
    ]
    replies = at_once(calls)
    expect_only(replies, *("200", "201", CLOSED, NOT_MOVED, TOO_MUCH), *REFUSALS)
    for total, paid, credited, status, _ in _account(house, *invoices):
        expect(
            paid <= total and credited <= total, True, f"ni cobrado ni devuelto de más ({paid}, {credited})"
        )
        expect(status == "ANNULLED" and credited > 0, False, "anulada con una nota vigente")
        is_underpaid = status == "PAID" and paid + credited < total
        expect(is_underpaid, False, f"cobrada sin que alcance ({paid} + {credited})")
    done = sum(reply.status < 300 for reply in replies)
    return f"{len(calls)} a la vez sobre {len(invoices)} facturas: {done} hechas, todas las cuentas cuadran"


REFUSALS = ("409 factura_con_nota_de_credito", "409 factura_no_acreditable")
