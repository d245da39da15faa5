"""Las escrituras del límite, a mano: las mismas sentencias que el sistema, en una transacción de psycopg2.

Los mismos bloqueos en el mismo orden, las mismas preguntas a la base y las mismas filas. Lo que impediría un
cuerpo mal hecho o un permiso que falta, aquí no se mira. La respuesta la arma PostgreSQL.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from psycopg2.extras import execute_batch, execute_values

from benchmarks.bare.answers import ANSWERS

Body = dict[str, Any]

_LOCK_DOCTOR = """
SELECT u.user_id FROM users u JOIN roles r USING (role_id)
WHERE u.user_id = %(doctor_id)s AND u.is_active AND r.permissions @> ARRAY['clinical:write']
FOR NO KEY UPDATE OF u
"""
_LOCK_PATIENT = """
SELECT patient_id FROM patients WHERE patient_id = %(patient_id)s AND is_active FOR NO KEY UPDATE
"""
_SLOT = """
SELECT
  (SELECT json_agg(appointment_id) FROM appointments
   WHERE (doctor_id = %(doctor_id)s OR patient_id = %(patient_id)s)
     AND status NOT IN ('CANCELLED', 'NO_SHOW')
     AND tstzrange(start_time, end_time, '[)') && tstzrange(%(start_time)s, %(end_time)s, '[)')),
  (SELECT json_agg(h) FROM (SELECT weekday, start_time, end_time FROM doctor_schedules
   WHERE doctor_id = %(doctor_id)s ORDER BY weekday, start_time) h),
  (SELECT json_agg(t) FROM (SELECT start_time, end_time, reason FROM doctor_time_off
   WHERE doctor_id = %(doctor_id)s ORDER BY start_time) t)
"""
_BOOK = """
INSERT INTO appointments (patient_id, doctor_id, start_time, end_time, reason, status, created_by)
VALUES (%(patient_id)s, %(doctor_id)s, %(start_time)s, %(end_time)s, %(reason)s, 'PENDING', %(user_id)s)
RETURNING appointment_id
"""
_REMEMBER = """
INSERT INTO appointment_status_history (appointment_id, from_status, to_status, changed_by)
VALUES (%s, %s, %s, %s)
"""
_LOCK_APPOINTMENT = "SELECT status FROM appointments WHERE appointment_id = %(id)s FOR UPDATE"
_NEEDS = """
SELECT product_id, round(sum(quantity), 3) FROM (
  SELECT r.product_id, t.quantity * r.quantity_needed AS quantity
  FROM appointment_treatments t JOIN treatment_recipes r USING (treatment_id) WHERE t.appointment_id = %(id)s
  UNION ALL
  SELECT product_id, quantity FROM appointment_extras WHERE appointment_id = %(id)s
) needed GROUP BY product_id
"""
_COMPLETE = "UPDATE appointments SET status = 'COMPLETED', updated_at = now() WHERE appointment_id = %(id)s"
_LOCK_PRODUCTS = """
SELECT product_id, stock_quantity, cost_price FROM products
WHERE product_id = ANY(%s) ORDER BY product_id FOR NO KEY UPDATE
"""
_MOVE = """
INSERT INTO stock_movements (product_id, quantity, balance_after, unit_cost, reason, created_by, note,
  appointment_id, invoice_id)
VALUES %s RETURNING movement_id
"""
_BALANCE = "UPDATE products SET stock_quantity = %s, updated_at = now() WHERE product_id = %s"


def book(cursor: Any, body: Body) -> bytes:
    """Agenda una cita."""
    for statement in (_LOCK_DOCTOR, _LOCK_PATIENT, _SLOT, _BOOK):
        cursor.execute(statement, body)
    (appointment_id,) = cursor.fetchone()
    cursor.execute(_REMEMBER, (appointment_id, None, "PENDING", body["user_id"]))
    return answer(cursor, "appointment", id=appointment_id)


def stock(cursor: Any, body: Body) -> bytes:
    """Registra una entrada de un producto."""
    required = {body["id"]: Decimal(str(body["quantity_change"]))}
    (movement_id,) = move(cursor, required, body["reason"], body["user_id"], note=body["note"])
    return answer(cursor, "stock", id=body["id"], movement_id=movement_id)


def complete(cursor: Any, body: Body) -> bytes:
    """Completa una visita."""
    cursor.execute(_LOCK_APPOINTMENT, body)
    (former,) = cursor.fetchone()
    cursor.execute(_NEEDS, body)
    needed = {product_id: -quantity for product_id, quantity in cursor}
    move(cursor, needed, "CONSUMO", body["user_id"], appointment_id=body["id"])
    cursor.execute(_COMPLETE, body)
    cursor.execute(_REMEMBER, (body["id"], former, "COMPLETED", body["user_id"]))
    return answer(cursor, "completed", id=body["id"])


def move(
    cursor: Any,
    quantities: dict[int, Decimal],
    reason: str,
    user_id: int,
    *,
    note: str | None = None,
    appointment_id: int | None = None,
    invoice_id: int | None = None,
) -> list[int]:
    """Mueve unos productos; los números de sus movimientos."""
    cursor.execute(_LOCK_PRODUCTS, (sorted(quantities),))
    origin = (reason, user_id, note, appointment_id, invoice_id)
    rows = [(key, quantities[key], had + quantities[key], cost, *origin) for key, had, cost in cursor]
    written = execute_values(cursor, _MOVE, rows, fetch=True)
    execute_batch(cursor, _BALANCE, [(row[2], row[0]) for row in rows])
    return [movement_id for (movement_id,) in written]


def answer(cursor: Any, name: str, **values: int) -> bytes:
    """El JSON con que se responde."""
    cursor.execute(ANSWERS[name], values)
    content: str = cursor.fetchone()[0]
    return content.encode()


WRITES: dict[str, Callable[[Any, Body], bytes]] = {
    "book": book,
    "stock": stock,
    "complete": complete,
}
