"""Una clínica con datos: pacientes, citas con sus líneas y productos."""

from typing import Any

from scripts.cedulas import PICHINCHA, cedula

DOCTORS = 5
PRODUCTS = 200

_ROWS = """
INSERT INTO patients (doc_number, doc_type, first_name, last_name, email, phone, address, birth_date, gender,
  occupation, created_at)
SELECT number, 'CEDULA', (ARRAY['María José','Luis','Ana','Carlos','Gabriela'])[1 + n %% 5],
  (ARRAY['Andrade','Cevallos','Íñiguez','Mora','Zambrano'])[1 + n %% 5] || ' ' || n,
  'p' || n || '@correo.test',
  '0991234567', 'Av. Amazonas N' || n, date '1950-01-01' + (n %% 22000)::int, 'FEMENINO', 'Comerciante',
  timestamptz '2024-01-01 08:00:00-05' + n * interval '1 minute'
FROM unnest(%(numbers)s::text[]) WITH ORDINALITY AS given(number, n);

INSERT INTO products (sku, name, category, cost_price, sale_price, created_at, updated_at)
SELECT 'P-' || n, 'Insumo ' || n, 'Insumos', 1.25, 2.5, date '2025-01-01', date '2025-01-01'
FROM generate_series(1, %(products)s) n;

INSERT INTO treatments (name, base_price) SELECT 'Tratamiento ' || n, 40 FROM generate_series(1, 20) n;

INSERT INTO appointments (patient_id, doctor_id, start_time, end_time, reason, status, created_at)
SELECT 1 + (n * 7919) %% %(patients)s, (%(doctors)s::int[])[1 + n %% 5],
  timestamptz '2025-01-01 08:00:00-05' + (n / 80) * interval '1 day' + (n / 5 %% 16) * interval '30 min',
  timestamptz '2025-01-01 08:30:00-05' + (n / 80) * interval '1 day' + (n / 5 %% 16) * interval '30 min',
  'Control', 'COMPLETED', timestamptz '2025-01-01 08:00:00-05'
FROM generate_series(0, %(patients)s * 5 - 1) n;

INSERT INTO appointment_treatments (appointment_id, treatment_id, quantity, price_at_moment)
SELECT appointment_id, 1 + appointment_id %% 20, 1, 40 FROM appointments;
INSERT INTO appointment_extras (appointment_id, product_id, quantity, price_charged)
SELECT appointment_id, 1 + appointment_id %% %(products)s, 2, 2.5 FROM appointments;
INSERT INTO appointment_status_history (appointment_id, from_status, to_status, changed_by, changed_at)
SELECT appointment_id, NULL, 'COMPLETED', doctor_id, created_at FROM appointments;
"""


def fill(session: Any, patients: int, doctors: list[int]) -> None:
    """Llena una base recién preparada, y deja al día lo que el planificador sabe de ella."""
    numbers = [cedula(PICHINCHA + number) for number in range(patients)]
    values = {"numbers": numbers, "patients": patients, "products": PRODUCTS, "doctors": doctors}
    with session.cursor() as cursor:
        cursor.execute(_ROWS, values)
    session.commit()
    session.autocommit = True
    with session.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
