"""Lo que la propia base no admite sobre la existencia, aunque el programa se equivoque."""

import psycopg2.errors
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from common.database import reading, transaction
from common.errors import Conflict
from common.tables.inventario import Product
from tests import factories

MOVEMENT = """
INSERT INTO stock_movements (product_id, quantity, balance_after, unit_cost, reason, created_by)
VALUES (:product_id, :quantity, :balance, 1, 'AJUSTE', :user_id)
"""


@pytest.fixture
def product_id():
    return factories.product(stock_quantity=5)


def refused(error, statement, **values):
    with pytest.raises(DBAPIError) as caught, transaction() as db:
        db.execute(text(statement), values)
    return isinstance(caught.value.orig, error)


def stored_stock():
    with reading() as db:
        return db.execute(select(Product.stock_quantity)).scalar_one()


def test_stock_without_a_movement_is_refused_at_commit(product_id):
    with pytest.raises(DBAPIError, match="no es el saldo de su kardex"), transaction() as db:
        # La sentencia se admite: la regla se comprueba al confirmar.
        assert db.execute(text("UPDATE products SET stock_quantity = 9")).rowcount == 1
    assert stored_stock() == 5


def test_a_movement_that_does_not_change_the_stock_is_refused(product_id):
    values = {"product_id": product_id, "quantity": 1, "balance": 6, "user_id": factories.user()}
    assert refused(psycopg2.errors.CheckViolation, MOVEMENT, **values)


def test_a_movement_whose_balance_does_not_continue_is_refused(product_id):
    values = {"product_id": product_id, "quantity": 1, "balance": 7, "user_id": factories.user()}
    assert refused(psycopg2.errors.CheckViolation, MOVEMENT, **values)


def test_a_product_cannot_be_born_with_stock():
    statement = "INSERT INTO products (sku, name, stock_quantity) VALUES ('A', 'B', 3)"
    assert refused(psycopg2.errors.CheckViolation, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock_movements SET quantity = 9",
        "UPDATE stock_movements SET unit_cost = 0",
        "DELETE FROM stock_movements",
    ],
)
def test_the_kardex_only_grows(product_id, statement):
    assert refused(psycopg2.errors.RestrictViolation, statement)


def test_negative_stock_is_refused_even_with_its_movement(product_id):
    values = {"product_id": product_id, "quantity": -6, "balance": -1, "user_id": factories.user()}
    assert refused(psycopg2.errors.CheckViolation, MOVEMENT, **values)
    with pytest.raises(Conflict, match="No hay existencia suficiente"), transaction() as db:
        db.execute(text("UPDATE products SET stock_quantity = -1"))


def test_stock_and_its_movement_together_are_accepted(product_id):
    values = {"product_id": product_id, "quantity": 2, "balance": 7, "user_id": factories.user()}
    with transaction() as db:
        db.execute(text("UPDATE products SET stock_quantity = 7"))
        db.execute(text(MOVEMENT), values)
    assert stored_stock() == 7
