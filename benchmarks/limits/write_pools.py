"""Sobre qué se escribe: turnos, productos, visitas y borradores propios de cada lado, iguales entre sí.

Cada lado tiene sus doctores y sus productos, para que ninguno herede las filas ni los bloqueos del otro, y
bastantes para que dos peticiones a la vez casi nunca se esperen por ser del mismo doctor o insumo.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from benchmarks.stage import Stage

Body = dict[str, Any]

DOCTORS, BATCH = 20, 6_000
SLOT = timedelta(minutes=30)

_PATIENTS = """
SELECT array_agg(patient_id) FROM (
  SELECT patient_id FROM patients WHERE is_active ORDER BY patient_id LIMIT 500) active
"""
_SUPPLIES = """
WITH products AS (
  INSERT INTO products (sku, name, cost_price, sale_price, stock_quantity)
  SELECT upper(%(name)s) || '-' || n, 'Insumo ' || n, 1.25, 2.5, 900000 FROM generate_series(1, 80) n
  RETURNING product_id),
movements AS (
  INSERT INTO stock_movements (product_id, quantity, balance_after, unit_cost, reason, created_by)
  SELECT product_id, 900000, 900000, 1.25, 'INICIAL', %(user_id)s FROM products)
SELECT array_agg(product_id ORDER BY product_id) FROM products
"""
_SERVICES = """
WITH treatments AS (
  INSERT INTO treatments (name, base_price)
  SELECT 'Tratamiento ' || %(name)s || ' ' || n, 40 FROM generate_series(1, 20) n RETURNING treatment_id),
recipes AS (
  INSERT INTO treatment_recipes (treatment_id, product_id, quantity_needed)
  SELECT treatment_id, (%(products)s::int[])[1 + (treatment_id * 3 + k) %% 60], 2
  FROM treatments, generate_series(0, 2) k)
SELECT array_agg(treatment_id ORDER BY treatment_id) FROM treatments
"""
# Cada visita lleva un tratamiento de tres insumos y un extra que se cobra.
_VISITS = """
WITH visits AS (
  INSERT INTO appointments (patient_id, doctor_id, start_time, end_time, status, created_by)
  SELECT (%(patients)s::int[])[1 + n %% 500], (%(doctors)s::int[])[1 + n %% 20],
    %(first)s + n * interval '30 min', %(first)s + (n + 1) * interval '30 min', 'IN_PROGRESS', %(user_id)s
  FROM generate_series(0, %(number)s - 1) n RETURNING appointment_id),
done AS (
  INSERT INTO appointment_treatments (appointment_id, treatment_id, quantity, price_at_moment)
  SELECT appointment_id, (%(treatments)s::int[])[1 + appointment_id %% 20], 1, 40 FROM visits),
used AS (
  INSERT INTO appointment_extras (appointment_id, product_id, quantity, price_charged)
  SELECT appointment_id, (%(products)s::int[])[61 + appointment_id %% 20], 2, 2.5 FROM visits),
begun AS (
  INSERT INTO appointment_status_history (appointment_id, to_status, changed_by)
  SELECT appointment_id, 'IN_PROGRESS', %(user_id)s FROM visits)
SELECT array_agg(appointment_id ORDER BY appointment_id) FROM visits
"""
# El borrador cobra la visita y, además, vende un producto que al emitir sale de inventario.
_DRAFTS = """
WITH drafts AS (
  INSERT INTO invoices (patient_id, appointment_id, issue_date, buyer_id_type, buyer_id_number, buyer_name,
    buyer_email, buyer_address, subtotal, iva_amount, total_amount, created_by)
  SELECT patient_id, appointment_id, (now() AT TIME ZONE 'America/Guayaquil')::date, 'CEDULA', doc_number,
    full_name, email, address, 47.5, 1.13, 48.63, %(user_id)s
  FROM appointments JOIN patients USING (patient_id) WHERE appointment_id = ANY(%(visits)s)
  ORDER BY appointment_id RETURNING invoice_id, appointment_id),
charged AS (
  INSERT INTO invoice_items (invoice_id, line_number, description, quantity, unit_price, iva_rate, subtotal,
    treatment_id)
  SELECT invoice_id, 1, 'Tratamiento', 1, 40, 0, 40, treatment_id
  FROM drafts JOIN appointment_treatments USING (appointment_id)),
extras AS (
  INSERT INTO invoice_items (invoice_id, line_number, description, quantity, unit_price, iva_rate, subtotal,
    product_id)
  SELECT invoice_id, 2, 'Insumo', 2, 2.5, 15, 5, product_id
  FROM drafts JOIN appointment_extras USING (appointment_id)),
sold AS (
  INSERT INTO invoice_items (invoice_id, line_number, description, quantity, unit_price, iva_rate, subtotal,
    product_id)
  SELECT invoice_id, 3, 'Insumo', 1, 2.5, 15, 2.5, (%(products)s::int[])[1 + invoice_id %% 60] FROM drafts),
taxes AS (
  INSERT INTO invoice_taxes (invoice_id, iva_rate, base, iva)
  SELECT invoice_id, rate, base, iva FROM drafts, (VALUES (0, 40, 0), (15, 7.5, 1.13)) tax(rate, base, iva))
SELECT array_agg(ARRAY[invoice_id, appointment_id] ORDER BY invoice_id) FROM drafts
"""


@dataclass
class Side:
    """Con qué escribe un lado.

    :param first: desde cuándo agenda: cada uno en sus años, porque un paciente no está en dos citas a la vez.
    :param user_id: quien firma las filas que se preparan.
    """

    stage: Stage
    name: str
    user_id: int
    doctors: list[int]
    patients: list[int]
    first: datetime
    products: list[int]
    treatments: list[int]

    def made(self, query: str, **values: Any) -> list[Any]:
        """Lo que una preparación deja hecho."""
        return _made(self.stage, query, {**vars(self), **values})


def _made(stage: Stage, query: str, values: Body) -> list[Any]:
    with stage.house.database() as cursor:
        cursor.execute(query, values)
        rows: list[Any] = cursor.fetchone()[0]
    return rows


def side(stage: Stage, name: str, year: int) -> Side:
    """Un lado nuevo, con sus doctores, productos y tratamientos."""
    doctors = [stage.house.doctor() for _ in range(DOCTORS)]
    basics = {"name": name, "user_id": doctors[0]}
    products = _made(stage, _SUPPLIES, basics)
    treatments = _made(stage, _SERVICES, {**basics, "products": products})
    first = datetime(year, 1, 1, tzinfo=UTC)
    patients = _made(stage, _PATIENTS, {})
    return Side(stage, name, doctors[0], doctors, patients, first, products, treatments)


def slots(own: Side) -> Iterator[Body]:
    """Citas por agendar."""
    for number in count():
        start = own.first + number * SLOT
        yield {
            "patient_id": own.patients[number % len(own.patients)],
            "doctor_id": own.doctors[number % DOCTORS],
            "start_time": start.isoformat(),
            "end_time": (start + SLOT).isoformat(),
            "reason": "Control",
        }


def purchases(own: Side) -> Iterator[Body]:
    """Entradas de productos."""
    for number in count():
        yield {
            "id": own.products[number % len(own.products)],
            "quantity_change": 5,
            "reason": "COMPRA",
            "note": "Factura 77",
        }


def visits(own: Side) -> Iterator[Body]:
    """Visitas por completar."""
    for batch in count():
        yield from ({"id": visit} for visit in _visits(own, batch))


def drafts(own: Side) -> Iterator[Body]:
    """Borradores por emitir."""
    for batch in count():
        for invoice, visit in own.made(_DRAFTS, visits=_visits(own, batch)):
            yield {"id": invoice, "appointment_id": visit}


def electronic_drafts(own: Side) -> Iterator[Body]:
    """Borradores por emitir, cada uno con su comprobante electrónico."""
    own.stage.turn_electronic()
    yield from drafts(own)


def _visits(own: Side, batch: int) -> list[int]:
    return own.made(_VISITS, first=own.first + batch * BATCH * SLOT, number=BATCH)


Pool = Callable[[Side], Iterator[Body]]
