"""Emitir una factura en el límite, con su comprobante electrónico si la clínica los emite.

El comprobante es el de otra factura, ya escrito: armar el suyo y comprobarlo es cosa del sistema.
"""

from random import choices
from typing import Any

from benchmarks.bare.writes import Body, answer, move

_LOCK_INVOICE = "SELECT * FROM invoices WHERE invoice_id = %(id)s FOR UPDATE"
_SETTINGS = """
SELECT s.*, u.full_name FROM sri_settings s JOIN users u ON u.user_id = s.updated_by FOR SHARE OF s
"""
_ESTABLISHMENTS = (
    "SELECT establishment, address, emission_points FROM sri_establishments ORDER BY establishment"
)
_VISIT = "SELECT patient_id, status FROM appointments WHERE appointment_id = %(appointment_id)s FOR SHARE"
_SOLD = """
SELECT product_id, sum(quantity) FROM (
  SELECT product_id, quantity FROM invoice_items WHERE invoice_id = %(id)s AND product_id IS NOT NULL
  UNION ALL
  SELECT product_id, -quantity FROM appointment_extras
  WHERE appointment_id = %(appointment_id)s AND price_charged > 0
) sold GROUP BY product_id HAVING sum(quantity) > 0
"""
_NUMBER = """
INSERT INTO {0} (doc_code, establishment, emission_point, last_number)
VALUES ('01', '001', '002', 1)
ON CONFLICT (doc_code, establishment, emission_point)
DO UPDATE SET last_number = {0}.last_number + 1 RETURNING last_number
"""
_ISSUE = """
UPDATE invoices SET invoice_number = %(number)s, is_test = %(is_test)s, status = 'ISSUED', issued_at = now(),
  updated_at = now()
WHERE invoice_id = %(id)s
"""
_LINES = """
SELECT CASE WHEN p.sku IS NOT NULL THEN p.sku WHEN i.treatment_id IS NOT NULL THEN 'TRAT-' || i.treatment_id
  ELSE 'SERVICIO' END, i.description, i.quantity, i.unit_price, i.discount, i.subtotal, i.iva_rate
FROM invoice_items i LEFT JOIN products p USING (product_id)
WHERE i.invoice_id = %(id)s ORDER BY i.line_number
"""
_TAXES = "SELECT iva_rate, base, iva FROM invoice_taxes WHERE invoice_id = %(id)s ORDER BY iva_rate"
_WRITTEN = "SELECT unsigned_xml FROM sri_documents LIMIT 1"
_DOCUMENT = """
INSERT INTO sri_documents (doc_code, invoice_id, environment, ruc, document_number, issue_date, access_key,
  unsigned_xml, next_attempt_at)
SELECT '01', %(id)s, environment, ruc, %(number)s, (now() AT TIME ZONE 'America/Guayaquil')::date, %(key)s,
  %(xml)s, now() FROM sri_settings
"""
_xml: list[Any] = []


def issue(cursor: Any, body: Body) -> bytes:
    """Emite una factura."""
    cursor.execute(_LOCK_INVOICE, body)
    cursor.execute(_SETTINGS)
    is_electronic = cursor.fetchone() is not None
    if is_electronic:
        cursor.execute(_ESTABLISHMENTS)
    for statement in (_VISIT, _SOLD):
        cursor.execute(statement, body)
    sold = {product_id: -quantity for product_id, quantity in cursor}
    move(cursor, sold, "VENTA", body["user_id"], invoice_id=body["id"])
    cursor.execute(_NUMBER.format("sri_test_sequences" if is_electronic else "invoice_sequences"))
    number = f"001-002-{cursor.fetchone()[0]:09d}"
    cursor.execute(_ISSUE, {**body, "number": number, "is_test": is_electronic})
    if is_electronic:
        _queue(cursor, body["id"], number)
    return answer(cursor, "invoice", id=body["id"])


def _queue(cursor: Any, invoice_id: int, number: str) -> None:
    """Deja en la cola el comprobante de una factura."""
    for statement in (_LINES, _TAXES):
        cursor.execute(statement, {"id": invoice_id})
    if not _xml:
        cursor.execute(_WRITTEN)
        _xml.extend(cursor.fetchone())
    key = "".join(choices("0123456789", k=49))  # noqa: S311
    cursor.execute(_DOCUMENT, {"id": invoice_id, "number": number, "key": key, "xml": _xml[0]})
