"""Con qué responde el límite a cada escritura: el mismo JSON que el servicio, armado por PostgreSQL."""

from benchmarks.bare.reads import APPOINTMENT_DETAIL, PRODUCT, SQL, data

_MOVEMENT = """
SELECT m.movement_id, m.product_id, m.quantity, m.balance_after, m.unit_cost, m.total_cost, m.reason,
  CASE WHEN m.appointment_id IS NOT NULL THEN 'cita ' || m.appointment_id
       WHEN m.invoice_id IS NOT NULL THEN 'factura ' || m.invoice_id END AS reference,
  m.note, m.appointment_id, m.invoice_id, m.created_by AS user_id, u.full_name AS user, m.created_at
FROM stock_movements m JOIN users u ON u.user_id = m.created_by WHERE m.movement_id = %(movement_id)s
"""
_CONSUMPTION = """
SELECT m.movement_id, m.product_id, p.name AS product_name, -m.quantity AS quantity, m.unit_cost,
  -m.total_cost AS total_cost, m.balance_after
FROM stock_movements m JOIN products p USING (product_id)
WHERE m.appointment_id = %(id)s ORDER BY m.movement_id
"""
_SRI = """
SELECT document_id, environment, access_key, status, authorization_number, authorized_at, messages, attention,
  sent_at, next_attempt_at, voided_at, voided_reason, (
    SELECT json_build_object('status', status, 'recipient', recipient, 'detail', detail, 'sent_at', sent_at)
    FROM sri_deliveries WHERE document_id = d.document_id ORDER BY delivery_id DESC LIMIT 1) AS delivery
FROM sri_documents d WHERE invoice_id = %(id)s AND credit_note_id IS NULL ORDER BY document_id DESC LIMIT 1
"""
_INVOICE = f"""
SELECT i.invoice_id, i.invoice_number, i.patient_id, p.full_name AS patient_name, i.appointment_id,
  i.issue_date,
  json_build_object('id_type', i.buyer_id_type, 'id_number', i.buyer_id_number, 'name', i.buyer_name,
    'email', i.buyer_email, 'address', i.buyer_address) AS buyer,
  (SELECT json_agg(l) FROM (
     SELECT item_id, description, quantity, unit_price, discount, iva_rate, subtotal, product_id, treatment_id
     FROM invoice_items WHERE invoice_id = %(id)s ORDER BY line_number) l) AS items,
  i.subtotal, i.discount, i.iva_amount, i.total_amount, paid AS paid_amount, credited AS credited_amount,
  CASE i.status WHEN 'ISSUED' THEN greatest(i.total_amount - paid - credited, 0) ELSE 0 END AS balance,
  greatest(paid + credited - i.total_amount, 0) AS refund_amount,
  (SELECT json_agg(t) FROM (
     SELECT iva_rate, base, iva FROM invoice_taxes WHERE invoice_id = %(id)s ORDER BY iva_rate) t) AS taxes,
  i.payment_method, i.additional_info, i.status, i.annulled_reason,
  (SELECT row_to_json(s) FROM ({_SRI}) s) AS sri, i.created_at, i.issued_at, i.paid_at, i.annulled_at
FROM invoices i LEFT JOIN patients p USING (patient_id),
  (SELECT coalesce(sum(amount), 0) AS paid FROM invoice_payments WHERE invoice_id = %(id)s) payments,
  (SELECT coalesce(sum(total_amount), 0) AS credited FROM credit_notes
   WHERE invoice_id = %(id)s AND status = 'ISSUED') credits
WHERE i.invoice_id = %(id)s
"""

ANSWERS = {
    "appointment": SQL["appointment"],
    "stock": data(f"""
        'product', (SELECT row_to_json(p) FROM (SELECT {PRODUCT} FROM products WHERE product_id = %(id)s) p),
        'movement', (SELECT row_to_json(m) FROM ({_MOVEMENT}) m)
    """),
    "completed": data(f"""
        'appointment', {APPOINTMENT_DETAIL},
        'consumption', (SELECT coalesce(json_agg(c), '[]') FROM ({_CONSUMPTION}) c)
    """),
    "invoice": data(f"'invoice', (SELECT row_to_json(found) FROM ({_INVOICE}) found)"),
}
