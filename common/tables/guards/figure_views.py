"""Qué aporta cada fila a las cifras: una vista por tabla.

De ellas salen la suma que mantienen los disparadores (`guards.figures`), la que se calcula de una vez y la
comprobación de que son iguales.
"""
# ruff: noqa: S608 - solo hay nombres de aquí

_MEASURES = "1 AS number, 0::numeric AS quantity, 0::numeric AS amount, 0::numeric AS iva_amount"
_INCOME = "status IN ('ISSUED', 'PAID')"
_COST = "movement.reason IN ('CONSUMO', 'VENTA', 'REVERSION')"

# vista → lo que aporta cada fila: su clave, la cifra, el día, de quién, si es de prueba y los montos
VIEWS = {
    "patient_figures": f"""
SELECT patient_id, 'PATIENTS'::text AS figure, clinic_day(created_at) AS day, is_active::text AS subject,
  false AS is_test, {_MEASURES}
FROM patients""",
    "appointment_figures": f"""
SELECT appointment_id, 'APPOINTMENTS'::text AS figure, clinic_day(start_time) AS day, status AS subject,
  false AS is_test, {_MEASURES}
FROM appointments""",
    "expense_figures": """
SELECT expense_id, 'EXPENSES'::text AS figure, expense_date AS day, category AS subject, false AS is_test,
  1 AS number, 0::numeric AS quantity, amount, 0::numeric AS iva_amount
FROM operational_expenses""",
    "movement_figures": f"""
SELECT movement_id, movement.invoice_id, movement.appointment_id, 'COSTS'::text AS figure,
  clinic_day(movement.created_at) AS day, ''::text AS subject, coalesce(invoices.is_test, false) AS is_test,
  0 AS number, 0::numeric AS quantity, -total_cost AS amount, 0::numeric AS iva_amount
FROM stock_movements AS movement
LEFT JOIN invoices ON invoices.invoice_id = movement.invoice_id
WHERE {_COST}
UNION ALL
SELECT movement_id, movement.invoice_id, movement.appointment_id, 'DOCTOR_COSTS',
  clinic_day(movement.created_at), coalesce(doctor_id::text, ''), coalesce(invoices.is_test, false), 0, 0,
  -total_cost, 0
FROM stock_movements AS movement
LEFT JOIN invoices ON invoices.invoice_id = movement.invoice_id
LEFT JOIN appointments AS visit
  ON visit.appointment_id = coalesce(movement.appointment_id, invoices.appointment_id)
WHERE {_COST}""",
    "invoice_figures": f"""
SELECT invoice_id, 'INVOICES'::text AS figure, issue_date AS day, status AS subject, is_test, 1 AS number,
  0::numeric AS quantity, subtotal AS amount, iva_amount
FROM invoices
UNION ALL
SELECT invoice_id, 'PAYMENT_METHODS', issue_date, payment_method, is_test, 1, 0, subtotal, iva_amount
FROM invoices WHERE {_INCOME}
UNION ALL
SELECT invoice_id, 'IVA_RATES', issue_date, iva_rate::text, is_test, 1, 0, base, iva
FROM invoices JOIN invoice_taxes USING (invoice_id) WHERE {_INCOME}
UNION ALL
SELECT invoice_id, 'DOCTORS', issue_date, coalesce(doctor_id::text, ''), is_test, 1, 0, subtotal, 0
FROM invoices LEFT JOIN appointments USING (appointment_id) WHERE invoices.{_INCOME}
UNION ALL
SELECT invoice_id, 'DOCTORS', issue_date, coalesce(doctor_id::text, ''), is_test, 0, sum(quantity), 0, 0
FROM invoices JOIN invoice_items USING (invoice_id) LEFT JOIN appointments USING (appointment_id)
WHERE invoices.{_INCOME} AND treatment_id IS NOT NULL
GROUP BY invoice_id, issue_date, doctor_id, is_test
UNION ALL
SELECT invoice_id, 'TREATMENTS', issue_date, coalesce(treatment_id::text, ''), is_test, 1,
  CASE WHEN treatment_id IS NULL THEN 0 ELSE sum(quantity) END, sum(items.subtotal), 0
FROM invoices JOIN invoice_items AS items USING (invoice_id)
WHERE {_INCOME}
GROUP BY invoice_id, issue_date, treatment_id, is_test""",
    "credit_note_figures": """
SELECT credit_note_id, invoice_id, 'CREDIT_NOTES'::text AS figure, issue_date AS day, status AS subject,
  is_test, 1 AS number, 0::numeric AS quantity, subtotal AS amount, iva_amount
FROM credit_notes
UNION ALL
SELECT credit_note_id, invoice_id, 'DOCTORS', note.issue_date, coalesce(doctor_id::text, ''), note.is_test,
  0, 0, -note.subtotal, 0
FROM credit_notes AS note JOIN invoices USING (invoice_id) LEFT JOIN appointments USING (appointment_id)
WHERE note.status = 'ISSUED'""",
    "credit_note_tax_figures": """
SELECT credit_note_id, iva_rate, 'CREDITED_IVA_RATES'::text AS figure, issue_date AS day,
  iva_rate::text AS subject, is_test, 1 AS number, 0::numeric AS quantity, base AS amount, iva AS iva_amount
FROM credit_notes JOIN credit_note_taxes USING (credit_note_id)
WHERE status = 'ISSUED'""",
    "credit_note_item_figures": """
SELECT credit_note_id, line.item_id, note.invoice_id, 'TREATMENTS'::text AS figure, issue_date AS day,
  coalesce(treatment_id::text, '') AS subject, is_test, 0 AS number,
  CASE WHEN treatment_id IS NULL THEN 0 ELSE -returned_quantity END AS quantity, -line.subtotal AS amount,
  0::numeric AS iva_amount
FROM credit_notes AS note JOIN credit_note_items AS line USING (credit_note_id)
JOIN invoice_items AS sold ON sold.item_id = line.invoice_item_id
WHERE status = 'ISSUED'
UNION ALL
SELECT credit_note_id, line.item_id, note.invoice_id, 'DOCTORS', note.issue_date,
  coalesce(doctor_id::text, ''), note.is_test, 0, -returned_quantity, 0, 0
FROM credit_notes AS note JOIN credit_note_items AS line USING (credit_note_id)
JOIN invoice_items AS sold ON sold.item_id = line.invoice_item_id
JOIN invoices ON invoices.invoice_id = note.invoice_id
LEFT JOIN appointments USING (appointment_id)
WHERE note.status = 'ISSUED' AND treatment_id IS NOT NULL""",
}
COLUMNS = "figure, day, subject, is_test, number, quantity, amount, iva_amount"
VIEW_STATEMENTS = tuple(f"CREATE VIEW {name} AS {query.strip()}" for name, query in VIEWS.items())
SOURCES = "\nUNION ALL\n".join(f"SELECT {COLUMNS} FROM {view}" for view in VIEWS)

# Cada aporte va dos veces: a su día y a su mes.
SPREAD = """
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, {part} AS part, {sign}sum(number) AS number, {sign}sum(quantity) AS quantity,
  {sign}sum(amount) AS amount, {sign}sum(iva_amount) AS iva_amount
FROM (
{sources}
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5"""
