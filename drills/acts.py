"""Lo que mueve dinero o existencias y no puede quedar a medias: qué se hace y qué deja escrito."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from drills import fixtures
from drills.house import House


@dataclass(frozen=True)
class Act:
    """Algo que se hace con una petición.

    :param prepare: deja listo sobre qué se hace, y dice su número.
    :param facts: la consulta de lo que queda escrito de ese número.
    :param done: lo que contesta una vez hecho.
    """

    service: str
    method: str
    path: str
    body: dict[str, Any]
    prepare: Callable[[House], int]
    facts: str
    done: tuple[Any, ...]


def _visit(house: House) -> int:
    ingredient, extra = fixtures.product(house, 100), fixtures.product(house, 100)
    treatment = fixtures.treatment(house, {ingredient: 3})
    (visit,) = fixtures.visits(house, 1, {treatment: 2})
    line = {"product_id": extra, "quantity": 1}
    house.admin.call("citas", "POST", f"/appointments/{visit}/extras", line).data  # noqa: B018
    return visit


def _draft(house: House) -> int:
    sold = fixtures.line(2, product_id=fixtures.product(house, 100), quantity=4)
    return int(fixtures.invoice(house, sold, fixtures.line(30), status="DRAFT")["invoice_id"])


def _owed(house: House) -> int:
    return int(fixtures.invoice(house, fixtures.line(30))["invoice_id"])


_MOVED = """
    (select array_agg(quantity order by quantity) from stock_movements where {column} = %(id)s),
    (select array_agg(stock_quantity order by stock_quantity) from products where product_id in
        (select product_id from stock_movements where {column} = %(id)s))"""

COMPLETING = Act(
    "citas",
    "PATCH",
    "/appointments/{}/status",
    {"status": "COMPLETED"},
    _visit,
    f"""select status, (select count(*) from appointment_status_history h
                where h.appointment_id = %(id)s and to_status = 'COMPLETED'),
            {_MOVED.format(column="appointment_id")}
        from appointments where appointment_id = %(id)s""",
    ("COMPLETED", 1, [Decimal(-6), Decimal(-1)], [Decimal(94), Decimal(99)]),
)
ISSUING = Act(
    "facturacion",
    "PATCH",
    "/invoices/{}/status",
    {"status": "ISSUED"},
    _draft,
    f"""select status, invoice_number is not null,
            (select count(*) from sri_documents d where d.invoice_id = %(id)s and status = 'PENDIENTE'),
            {_MOVED.format(column="invoice_id")}
        from invoices where invoice_id = %(id)s""",
    ("ISSUED", True, 0, [Decimal(-4)], [Decimal(96)]),
)
# Con los datos del emisor puestos, nace además su comprobante.
ISSUING_ELECTRONIC = replace(ISSUING, done=("ISSUED", True, 1, [Decimal(-4)], [Decimal(96)]))
PAYING = Act(
    "facturacion",
    "POST",
    "/invoices/{}/payments",
    {"amount": 30, "payment_method": "EFECTIVO"},
    _owed,
    """select status, (select array_agg(amount) from invoice_payments p where p.invoice_id = %(id)s)
        from invoices where invoice_id = %(id)s""",
    ("PAID", [Decimal(30)]),
)
