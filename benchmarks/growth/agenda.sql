-- Cinco citas por paciente en turnos de 20 minutos, y lo que se hizo en ellas.
--
-- Los turnos se reparten en fila: primero todos los doctores a la misma hora, luego la hora siguiente. Así ningún
-- doctor tiene dos a la vez, y tampoco un paciente: los de una misma hora son números seguidos por un primo.

INSERT INTO appointments (appointment_id, patient_id, doctor_id, start_time, end_time, status, reason, created_at,
  created_by, updated_at)
SELECT i + 1, mod(i * 7919, %(patients)s) + 1, doctor_id, start_time, start_time + interval '20 min',
  CASE
    WHEN start_time < %(now)s::timestamptz - interval '1 hour'
      THEN CASE WHEN luck < 82 THEN 'COMPLETED' WHEN luck < 91 THEN 'CANCELLED' ELSE 'NO_SHOW' END
    WHEN start_time < %(now)s::timestamptz THEN 'IN_PROGRESS'
    ELSE CASE WHEN luck < 60 THEN 'PENDING' WHEN luck < 95 THEN 'CONFIRMED' ELSE 'CANCELLED' END
  END,
  (ARRAY['Control', 'Dolor', 'Chequeo anual', 'Primera vez', 'Resultados de exámenes', 'Curación'])[1 + mod(luck, 6)],
  start_time - (1 + mod(luck, 20)) * interval '1 day', doctor_id, start_time
FROM (
  SELECT i, %(staff)s + 1 + mod(i, %(doctors)s) AS doctor_id, pg_temp.roll(i, 5, 100) AS luck,
    (
      %(first_day)s::date + (seat / 24 / 5 * 7 + mod(seat / 24, 5))::int + time '08:00'
        + mod(seat, 24) * interval '20 min'
    ) AT TIME ZONE %(zone)s AS start_time
  FROM (SELECT i, i / %(doctors)s AS seat FROM generate_series(0::bigint, %(patients)s * 5 - 1) i) AS seats
) AS turns;

INSERT INTO appointment_status_history (appointment_id, from_status, to_status, changed_by, changed_at)
SELECT appointment_id, NULL, 'PENDING', doctor_id, created_at FROM appointments;
INSERT INTO appointment_status_history (appointment_id, from_status, to_status, changed_by, changed_at)
SELECT appointment_id, 'PENDING', status, doctor_id, updated_at FROM appointments WHERE status <> 'PENDING';

INSERT INTO appointment_treatments (appointment_id, treatment_id, quantity, price_at_moment)
SELECT appointment_id, treatment_id, 1, base_price
FROM (
  SELECT appointment_id, line,
    1 + trunc(power(pg_temp.roll(appointment_id, 6 + line, 10000) / 10000.0, 2) * %(treatments)s)::int AS treatment_id
  FROM appointments, generate_series(1, 2) line
  WHERE line = 1 OR pg_temp.roll(appointment_id, 9, 5) = 0
) AS lines
JOIN treatments USING (treatment_id)
ORDER BY appointment_id, line;

INSERT INTO appointment_extras (appointment_id, product_id, quantity, price_charged)
SELECT appointment_id, product_id, 1 + pg_temp.roll(appointment_id, 10, 3), sale_price
FROM appointments
JOIN products ON product_id = 1 + pg_temp.roll(appointment_id, 11, %(products)s)
WHERE status = 'COMPLETED' AND pg_temp.roll(appointment_id, 12, 10) = 0
ORDER BY appointment_id;

INSERT INTO clinical_notes (appointment_id, patient_id, author_id, observations, diagnosis, diagnoses, plan, vital_signs,
  created_at, updated_at)
SELECT appointment_id, patient_id, doctor_id, 'Paciente estable; se explica el tratamiento y se responde a sus preguntas.',
  'Control sin novedad', '[{"code": "Z000", "description": "Examen médico general", "type": "DEFINITIVO"}]',
  'Control en un mes', '{"systolic_mmhg": 118, "diastolic_mmhg": 76, "heart_rate_bpm": 71, "weight_kg": 68.5}',
  end_time, end_time
FROM appointments
WHERE status = 'COMPLETED' AND pg_temp.roll(appointment_id, 13, 2) = 0;

INSERT INTO medical_history (patient_id, allergies, pathologies, blood_type, updated_by)
SELECT patient_id, 'Ninguna conocida', 'Hipertensión controlada', 'O+', %(staff)s + 1
FROM patients WHERE pg_temp.roll(patient_id, 14, 10) < 6;
