"""Lo devuelto vuelve a inventario al costo con que salió, nunca más de lo que sacó la factura."""

from decimal import Decimal

import pytest
from sqlalchemy import select, update

from common.database import fetch_all, reading, transaction
from common.rules import recipes, stock
from common.tables.inventario import Product, StockMovement
from tests import factories
from tests.facturacion.credit_notes.credited import annul, annulled, billed, credit, credited, stock_of


@pytest.fixture
def accountant(api):
    """Contabilidad."""
    return api("facturacion", role="Contador")


@pytest.fixture
def cream():
    return factories.product(10, cost_price="1.50", sale_price="4.00")


def of(product, quantity=1):
    return {"product_id": product, "quantity": quantity}


def take(product, quantity):
    with transaction() as db:
        stock.take(db, {product: Decimal(quantity)}, "MERMA", user_id=factories.user())


def movements(product):
    """Los movimientos después del inicial: motivo, cantidad, costo, factura, nota y por qué."""
    columns = (
        StockMovement.reason,
        StockMovement.quantity,
        StockMovement.unit_cost,
        StockMovement.invoice_id,
        StockMovement.credit_note_id,
        StockMovement.note,
    )
    statement = (
        select(*columns).where(StockMovement.product_id == product).order_by(StockMovement.movement_id)
    )
    with reading() as db:
        return [tuple(row.values()) for row in fetch_all(db, statement)][1:]


def test_what_is_returned_goes_back_at_the_cost_it_left_with(accountant, cream):
    invoice = billed(accountant, of(cream, 3))
    with transaction() as db:
        db.execute(update(Product).values(cost_price=Decimal("9.99")))
    note = credited(accountant, invoice, {"line": 0, "quantity": 2})
    assert (note["restocked"], stock_of(cream)) == (True, 9)
    keys = invoice["invoice_id"], note["credit_note_id"]
    cost, why = Decimal("1.50"), "Nota de crédito 001-001-000000001"
    assert movements(cream) == [
        ("VENTA", -3, cost, keys[0], None, None),
        ("REVERSION", 2, cost, *keys, why),
    ]


def test_without_restock_nothing_goes_back(accountant, cream):
    invoice = billed(accountant, of(cream, 3))
    note = credited(accountant, invoice, {"line": 0, "quantity": 2}, restock=False)
    assert (note["restocked"], note["items"][0]["returned_quantity"], stock_of(cream)) == (False, 2, 7)
    credited(accountant, invoice)
    assert stock_of(cream) == 8


def test_a_lower_price_returns_no_goods(accountant, cream):
    credited(accountant, billed(accountant, of(cream, 3)), {"line": 0, "amount": 1})
    assert stock_of(cream) == 7


def test_two_lines_of_one_product_go_back_together(accountant, cream):
    invoice = billed(accountant, of(cream, 1), of(cream, 2), {"description": "Consulta", "unit_price": 30})
    credited(accountant, invoice)
    assert [row[:2] for row in movements(cream)] == [("VENTA", -3), ("REVERSION", 3)]


def test_what_the_visit_took_does_not_come_back_with_its_invoice(accountant, cream):
    visit = factories.appointment(treatments={factories.treatment(): 1}, extras={cream: 2})
    with transaction() as db:
        recipes.consume(db, visit, user_id=factories.user())
    invoice = billed(accountant, appointment_id=visit)
    assert stock_of(cream) == 8
    note = credited(accountant, invoice)
    assert (note["restocked"], stock_of(cream)) == (False, 8)


def test_of_what_is_returned_only_what_the_invoice_took_goes_back(accountant, cream):
    visit = factories.appointment(extras={cream: 3})
    invoice = billed(accountant, of(cream, 5), appointment_id=visit)
    assert stock_of(cream) == 8
    credited(accountant, invoice, {"line": 0, "quantity": 1})
    assert stock_of(cream) == 9
    credited(accountant, invoice)
    assert stock_of(cream) == 10


def test_annulling_a_note_takes_again_what_it_returned(accountant, cream):
    invoice = billed(accountant, of(cream, 3))
    first = credited(accountant, invoice, {"line": 0, "quantity": 1})
    credited(accountant, invoice, {"line": 0, "quantity": 1})
    annulled(accountant, first)
    assert stock_of(cream) == 8
    assert movements(cream)[-1][:5] == (
        "VENTA",
        -1,
        Decimal("1.50"),
        invoice["invoice_id"],
        first["credit_note_id"],
    )
    credited(accountant, invoice)
    assert stock_of(cream) == 10


def test_a_note_without_restock_takes_nothing_when_annulled(accountant, cream):
    note = credited(accountant, billed(accountant, of(cream, 3)), restock=False)
    annulled(accountant, note)
    assert stock_of(cream) == 7


def test_a_note_is_not_annulled_if_what_it_returned_is_no_longer_there(accountant, cream):
    other = factories.product(5)
    invoice = billed(accountant, of(cream, 3), of(other, 2))
    note = credited(accountant, invoice)
    take(cream, 9)
    take(other, 4)
    refused = annul(accountant, note)
    assert (refused.status_code, refused.json["code"]) == (409, "stock_insuficiente")
    missing = {item["product_id"]: item["missing_quantity"] for item in refused.json["data"]["items"]}
    assert missing == {cream: 2, other: 1}
    assert (stock_of(cream), stock_of(other)) == (1, 1)
    path = f"/credit-notes/{note['credit_note_id']}"
    assert accountant.get(path).json["data"]["credit_note"]["status"] == "ISSUED"


def test_annulling_the_invoice_afterwards_returns_only_what_is_still_out(accountant, cream):
    invoice = billed(accountant, of(cream, 3))
    annulled(accountant, credited(accountant, invoice, {"line": 0, "quantity": 2}))
    path = f"/invoices/{invoice['invoice_id']}/status"
    assert accountant.patch(path, {"status": "ANNULLED", "reason": "Error"}).status_code == 200
    assert stock_of(cream) == 10


def test_an_inactive_product_still_comes_back(accountant, cream):
    invoice = billed(accountant, of(cream, 3))
    with transaction() as db:
        db.execute(update(Product).values(is_active=False))
    assert credit(accountant, invoice).status_code == 201
    assert stock_of(cream) == 10
