-- Lo que no crece con los pacientes, salvo los doctores: personal, productos, tratamientos y recetas.

-- Un número de 0 a sides - 1, siempre el mismo para el mismo i y el mismo dado.
CREATE FUNCTION pg_temp.roll(i bigint, die int, sides int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT mod(hashint8extended(i, die) & 1073741823, sides)::int
$$;

INSERT INTO users (user_id, full_name, email, password_hash, role_id)
SELECT %(staff)s + n, 'Dr. ' || (ARRAY['Andrade', 'Cevallos', 'Mora', 'Vera', 'Loor'])[1 + mod(n, 5)] || ' ' || n,
  'doctor' || n || '@clinica.test', '-', (SELECT role_id FROM roles WHERE name = 'Doctor')
FROM generate_series(1, %(doctors)s) n;

INSERT INTO doctor_schedules (doctor_id, weekday, start_time, end_time)
SELECT %(staff)s + n, weekday, '08:00', '16:00'
FROM generate_series(1, %(doctors)s) n, generate_series(1, 5) weekday;

INSERT INTO products (product_id, sku, name, category, cost_price, sale_price, iva_rate)
SELECT n, 'P-' || to_char(n, 'FM00000'), (ARRAY['Guante', 'Gasa', 'Resina', 'Crema', 'Jeringa'])[1 + mod(n, 5)] || ' ' || n,
  'Categoría ' || mod(n, 12), 0.5 + mod(n, 40) * 0.25, 2 + mod(n, 60) * 0.5, CASE WHEN mod(n, 3) = 0 THEN 0 ELSE 15 END
FROM generate_series(1, %(products)s) n;

INSERT INTO treatments (treatment_id, name, category, base_price, duration_minutes)
SELECT n, 'Tratamiento ' || n, 'Especialidad ' || mod(n, 10), 15 + mod(n * 7, 80), 20
FROM generate_series(1, %(treatments)s) n;

INSERT INTO treatment_recipes (treatment_id, product_id, quantity_needed)
SELECT n, 1 + mod(n * 3 + part, 60), 1 + part
FROM generate_series(1, %(treatments)s) n, generate_series(0, 1) part
WHERE mod(n, 2) = 0 AND part <= mod(n, 4) / 2;

INSERT INTO operational_expenses (description, amount, expense_date, category, supplier, registered_by, created_at)
SELECT 'Gasto ' || n, 5 + pg_temp.roll(n, 1, 40000) / 100.0, day,
  (ARRAY['Arriendo', 'Sueldos', 'Luz', 'Agua', 'Internet', 'Limpieza', 'Publicidad', 'Otros'])[1 + pg_temp.roll(n, 2, 8)],
  'Proveedor ' || pg_temp.roll(n, 3, 50), %(staff)s, day
FROM (
  SELECT n, %(first_day)s::date + pg_temp.roll(n, 4, 690) AS day
  FROM generate_series(1, %(doctors)s * 24 * 12) n
) AS spent;
