"""Las lecturas del límite, escritas a mano: una sentencia que devuelve el mismo JSON que el servicio."""

from benchmarks.bare import dashboard

_PATIENT = """
patient_id, doc_type, doc_number, first_name, last_name, full_name, email, phone, address, birth_date,
date_part('year', age(current_date::timestamp, birth_date::timestamp))::int AS age, gender,
emergency_contact_name, emergency_contact_phone, occupation, is_active, created_at
"""
_APPOINTMENT = """
a.appointment_id, a.patient_id, p.full_name AS patient_name, a.doctor_id, u.full_name AS doctor_name,
a.start_time, a.end_time, a.status, a.reason, a.created_at
FROM appointments a JOIN patients p USING (patient_id) JOIN users u ON u.user_id = a.doctor_id
"""
PRODUCT = """
product_id, sku, name, description, category, unit, cost_price, sale_price, iva_rate, stock_quantity,
min_stock_alert, stock_quantity <= min_stock_alert AS is_low_stock, is_active, created_at, updated_at
"""


def _page(plural: str, rows: str, count: str) -> str:
    """Una página y su total, con la forma de las listas."""
    return f"""
    SELECT json_build_object('success', true, 'data', json_build_object(
      '{plural}', (SELECT coalesce(json_agg(found), '[]') FROM (
         {rows} LIMIT %(per_page)s OFFSET (%(page)s::int - 1) * %(per_page)s::int) found),
      'pagination', json_build_object('page', %(page)s::int, 'per_page', %(per_page)s::int,
         'total', total.n, 'pages', ceil(total.n / %(per_page)s::numeric)::int)))::text
    FROM ({count}) total
    """


def _counted(figure: str, period: str) -> str:
    """El total, de las mismas cifras por día y por mes de que lo saca el sistema."""
    return f"SELECT coalesce(sum(number), 0)::bigint AS n FROM figures WHERE figure = '{figure}' AND {period}"


def data(content: str) -> str:
    """Los datos de una respuesta, con la forma de la casa."""
    return f"SELECT json_build_object('success', true, 'data', json_build_object({content}))::text"


_LINE_TOTALS = """
(SELECT coalesce(sum(round(quantity * price_at_moment, 2)), 0) FROM appointment_treatments
   WHERE appointment_id = %(id)s) AS treatments_total,
(SELECT coalesce(sum(round(quantity * price_charged, 2)), 0) FROM appointment_extras
   WHERE appointment_id = %(id)s) AS extras_total
"""

APPOINTMENT_DETAIL = f"""
(SELECT row_to_json(found) FROM (
   SELECT one.*, totals.*, treatments_total + extras_total AS total,
     (SELECT coalesce(json_agg(t), '[]') FROM (
        SELECT l.detail_id, l.appointment_id, l.treatment_id, t.name AS treatment_name, l.quantity,
          l.price_at_moment, round(l.quantity * l.price_at_moment, 2) AS subtotal
        FROM appointment_treatments l JOIN treatments t USING (treatment_id)
        WHERE l.appointment_id = %(id)s ORDER BY l.detail_id) t) AS treatments,
     (SELECT coalesce(json_agg(e), '[]') FROM (
        SELECT l.extra_id, l.appointment_id, l.product_id, p.name AS product_name, l.quantity,
          l.price_charged, round(l.quantity * l.price_charged, 2) AS subtotal
        FROM appointment_extras l JOIN products p USING (product_id)
        WHERE l.appointment_id = %(id)s ORDER BY l.extra_id) e) AS extras,
     (SELECT coalesce(json_agg(h), '[]') FROM (
        SELECT h.from_status, h.to_status, h.reason, h.changed_by, u.full_name AS changed_by_name,
          h.changed_at
        FROM appointment_status_history h JOIN users u ON u.user_id = h.changed_by
        WHERE h.appointment_id = %(id)s ORDER BY h.history_id) h) AS status_history
   FROM (SELECT {_APPOINTMENT} WHERE a.appointment_id = %(id)s) one, (SELECT {_LINE_TOTALS}) totals
) found)
"""

_RECENT = f"""
(SELECT coalesce(json_agg(a), '[]') FROM (
   SELECT {_APPOINTMENT} WHERE a.patient_id = %(id)s
   ORDER BY a.start_time DESC, a.appointment_id DESC LIMIT 10) a)
"""
_ONE_PATIENT = f"(SELECT row_to_json(p) FROM (SELECT {_PATIENT} FROM patients WHERE patient_id = %(id)s) p)"

# Con el número de los antecedentes, que va en la auditoría.
CLINICAL_FILE = f"""
SELECT json_build_object('success', true, 'data', json_build_object(
   'patient', {_ONE_PATIENT}, 'medical_history', row_to_json(h), 'recent_appointments', {_RECENT}))::text,
  h.history_id
FROM (VALUES (1)) always LEFT JOIN (
  SELECT m.history_id, m.patient_id, m.allergies, m.pathologies, m.surgeries, m.family_history, m.medications,
    m.habits, m.blood_type, m.updated_at, m.updated_by, u.full_name AS updated_by_name
  FROM medical_history m JOIN users u ON u.user_id = m.updated_by WHERE m.patient_id = %(id)s) h ON true
"""

SQL = {
    "patients": _page(
        "patients",
        f"SELECT {_PATIENT} FROM patients ORDER BY created_at DESC, patient_id DESC",
        _counted("PATIENTS", "grain = 'MONTH'"),
    ),
    "patient": data(f"'patient', {_ONE_PATIENT}, 'medical_history', NULL, 'recent_appointments', {_RECENT}"),
    "patient-by-document": data(f"""
        'patient', (SELECT row_to_json(p) FROM (
           SELECT {_PATIENT} FROM patients WHERE doc_number = %(doc_number)s) p)
    """),
    "day": _page(
        "appointments",
        f"SELECT {_APPOINTMENT} WHERE a.start_time >= %(day)s::date AND a.start_time < %(day)s::date + 1"
        " ORDER BY a.start_time DESC, a.appointment_id DESC",
        _counted("APPOINTMENTS", "grain = 'DAY' AND period = %(day)s::date"),
    ),
    "dashboard": dashboard.SQL,
    "appointment": data(f"'appointment', {APPOINTMENT_DETAIL}"),
    "products": _page(
        "products",
        f"SELECT {PRODUCT} FROM products ORDER BY product_id DESC",
        "SELECT count(*) AS n FROM products",
    ),
}
