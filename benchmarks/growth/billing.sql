-- Tres facturas por paciente, de sus visitas completadas, con sus líneas, impuestos, cobros y notas de crédito.

CREATE TEMP TABLE billed ON COMMIT DROP AS
SELECT *, count(*) FILTER (WHERE status <> 'DRAFT') OVER (ORDER BY invoice_id) AS sequential
FROM (
  SELECT row_number() OVER (ORDER BY appointment_id) AS invoice_id, appointment_id, patient_id, doctor_id, end_time,
    CASE
      WHEN pg_temp.roll(appointment_id, 15, 1000) < 930 THEN 'PAID'
      WHEN pg_temp.roll(appointment_id, 15, 1000) < 960 THEN 'ISSUED'
      WHEN pg_temp.roll(appointment_id, 15, 1000) < 980 THEN 'ANNULLED'
      ELSE 'DRAFT'
    END AS status,
    pg_temp.roll(appointment_id, 15, 1000) < 10 AS credited
  FROM appointments
  WHERE status = 'COMPLETED' AND pg_temp.roll(appointment_id, 16, 100) < 79
  ORDER BY appointment_id LIMIT %(patients)s * 3
) AS visits;

INSERT INTO invoice_items (invoice_id, line_number, description, quantity, unit_price, iva_rate, subtotal, product_id,
  treatment_id)
SELECT invoice_id, row_number() OVER (PARTITION BY invoice_id ORDER BY part, line), description, quantity, unit_price,
  iva_rate, round(quantity * unit_price, 2), product_id, treatment_id
FROM (
  SELECT invoice_id, 1 AS part, detail_id AS line, name AS description, quantity, price_at_moment AS unit_price, iva_rate,
    NULL::int AS product_id, treatment_id
  FROM billed JOIN appointment_treatments USING (appointment_id) JOIN treatments USING (treatment_id)
  UNION ALL
  SELECT invoice_id, 2, extra_id, name, quantity, price_charged, iva_rate, product_id, NULL
  FROM billed JOIN appointment_extras USING (appointment_id) JOIN products USING (product_id)
) AS lines;

INSERT INTO invoice_taxes (invoice_id, iva_rate, base, iva)
SELECT invoice_id, iva_rate, sum(subtotal), round(sum(subtotal) * iva_rate / 100, 2)
FROM invoice_items GROUP BY invoice_id, iva_rate;

INSERT INTO invoices (invoice_id, invoice_number, patient_id, appointment_id, issue_date, buyer_id_type, buyer_id_number,
  buyer_name, buyer_email, buyer_address, subtotal, iva_amount, total_amount, payment_method, credited_in_full, status,
  annulled_reason, created_at, created_by, updated_at, issued_at, paid_at, annulled_at)
SELECT invoice_id, CASE WHEN status <> 'DRAFT' THEN '001-001-' || to_char(sequential, 'FM000000000') END, patient_id,
  appointment_id, (end_time AT TIME ZONE %(zone)s)::date, doc_type, doc_number, full_name, email, address, base, iva,
  base + iva,
  (ARRAY['EFECTIVO', 'EFECTIVO', 'TARJETA_CREDITO', 'TARJETA_DEBITO', 'TRANSFERENCIA'])[1 + mod(invoice_id, 5)], credited,
  status, CASE WHEN status = 'ANNULLED' THEN 'Error en los datos' END, end_time, doctor_id, end_time,
  CASE WHEN status <> 'DRAFT' THEN end_time END, CASE WHEN status = 'PAID' THEN end_time END,
  CASE WHEN status = 'ANNULLED' THEN end_time END
FROM billed
JOIN patients USING (patient_id)
JOIN (SELECT invoice_id, sum(base) AS base, sum(iva) AS iva FROM invoice_taxes GROUP BY invoice_id) AS sums
  USING (invoice_id)
ORDER BY invoice_id;

-- De lo emitido y no cobrado, la mitad tiene un abono.
INSERT INTO invoice_payments (invoice_id, amount, payment_method, payment_date, received_by, created_at)
SELECT invoice_id, CASE status WHEN 'PAID' THEN total_amount ELSE round(total_amount / 2, 2) END, payment_method, issue_date,
  created_by, created_at
FROM invoices WHERE status = 'PAID' OR (status = 'ISSUED' AND mod(invoice_id, 2) = 0);

INSERT INTO credit_notes (credit_note_id, credit_note_number, invoice_id, issue_date, reason, restocked, subtotal, iva_amount,
  total_amount, created_at, created_by)
SELECT place, '001-001-' || to_char(place, 'FM000000000'), invoice_id, issue_date, 'Devolución', false, subtotal, iva_amount,
  total_amount, created_at, created_by
FROM (SELECT row_number() OVER (ORDER BY invoice_id) AS place, * FROM invoices WHERE credited_in_full) AS returned;
INSERT INTO credit_note_items (credit_note_id, line_number, invoice_item_id, description, quantity, returned_quantity,
  unit_price, iva_rate, subtotal)
SELECT credit_note_id, line_number, item_id, description, quantity, quantity, unit_price, iva_rate, sold.subtotal
FROM credit_notes JOIN invoice_items AS sold USING (invoice_id);
INSERT INTO credit_note_taxes (credit_note_id, iva_rate, base, iva)
SELECT credit_note_id, iva_rate, base, iva FROM credit_notes JOIN invoice_taxes USING (invoice_id);

INSERT INTO invoice_sequences (doc_code, establishment, emission_point, last_number)
SELECT '01', '001', '001', max(sequential) FROM billed
UNION ALL SELECT '04', '001', '001', count(*) FROM credit_notes;
