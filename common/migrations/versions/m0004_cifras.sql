-- Cifras por día y por mes y palabras de los pacientes, llevadas por disparadores, e índices para lo que crece.

CREATE TABLE figures (
  figure TEXT NOT NULL,
  grain TEXT NOT NULL,
  period DATE NOT NULL,
  subject TEXT NOT NULL,
  is_test BOOLEAN NOT NULL,
  part INTEGER NOT NULL,
  number BIGINT NOT NULL,
  quantity NUMERIC(14, 3) NOT NULL,
  amount NUMERIC(14, 2) NOT NULL,
  iva_amount NUMERIC(14, 2) NOT NULL,
  CONSTRAINT pk_figures PRIMARY KEY (figure, grain, period, subject, is_test, part),
  CONSTRAINT ck_figures_grain CHECK (grain IN ('DAY', 'MONTH'))
);

COMMENT ON TABLE figures IS 'Cifras por día y por mes, en partes que se suman; las llevan los disparadores.';

COMMENT ON COLUMN figures.figure IS 'Qué se cuenta: INVOICES, COSTS…';

COMMENT ON COLUMN figures.grain IS 'DAY o MONTH.';

COMMENT ON COLUMN figures.period IS 'El día, o el primero del mes.';

COMMENT ON COLUMN figures.subject IS 'De qué o de quién: estado, doctor, tratamiento, categoría…';

COMMENT ON COLUMN figures.is_test IS 'Si viene de lo emitido en el ambiente de pruebas del SRI.';

COMMENT ON COLUMN figures.part IS 'Parte; la 0 es la calculada de una vez.';

COMMENT ON COLUMN figures.number IS 'Cuántos.';

COMMENT ON COLUMN figures.quantity IS 'Cantidad, donde la hay.';

COMMENT ON COLUMN figures.amount IS 'Monto sin IVA, en dólares.';

COMMENT ON COLUMN figures.iva_amount IS 'IVA, en dólares.';

CREATE TABLE patient_words (
  word TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  patient_id INTEGER NOT NULL,
  CONSTRAINT pk_patient_words PRIMARY KEY (word, created_at, patient_id)
);

COMMENT ON TABLE patient_words IS 'Palabras de los nombres de los pacientes; las llevan los disparadores.';

COMMENT ON COLUMN patient_words.word IS 'Sin tildes ni mayúsculas.';

COMMENT ON COLUMN patient_words.created_at IS 'Cuándo se registró el paciente.';

COMMENT ON COLUMN patient_words.patient_id IS 'Paciente que la lleva en su nombre.';

CREATE TABLE patient_vocabulary (
  word TEXT NOT NULL,
  CONSTRAINT pk_patient_vocabulary PRIMARY KEY (word)
);

COMMENT ON TABLE patient_vocabulary IS 'Palabras que alguna vez llevó el nombre de un paciente.';

COMMENT ON COLUMN patient_vocabulary.word IS 'Sin tildes ni mayúsculas.';

DROP INDEX ix_patients_created_at;

CREATE INDEX ix_patients_created_at ON patients (created_at, patient_id);

CREATE INDEX ix_appointments_status_start ON appointments (status, start_time, appointment_id);

CREATE INDEX ix_patient_vocabulary_search ON patient_vocabulary USING gin (word gin_trgm_ops);

CREATE INDEX ix_invoices_appointment ON invoices (appointment_id);

CREATE INDEX ix_invoices_status_issue_date ON invoices (status, issue_date, invoice_id);

CREATE OR REPLACE FUNCTION clinic_zone() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'America/Guayaquil'::text $$;

CREATE OR REPLACE FUNCTION clinic_day(instant timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (instant AT TIME ZONE clinic_zone())::date $$;

CREATE OR REPLACE FUNCTION free_figure_part() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  FOR part IN 1..64 LOOP
    IF pg_try_advisory_xact_lock(727003, part) THEN
      RETURN part;
    END IF;
  END LOOP;
  RETURN 64 + pg_backend_pid();
END $$;

CREATE OR REPLACE FUNCTION tally_patient() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM patient_figures WHERE patient_id = changed.patient_id
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM appointment_figures WHERE appointment_id = changed.appointment_id
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_doctor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  ids := ARRAY(SELECT invoice_id FROM invoices WHERE appointment_id = changed.appointment_id);
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM invoice_figures WHERE figure = 'DOCTORS' AND invoice_id = ANY (ids)
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_figures WHERE figure = 'DOCTORS' AND invoice_id = ANY (ids)
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_item_figures WHERE figure = 'DOCTORS' AND invoice_id = ANY (ids)
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM movement_figures WHERE figure = 'DOCTOR_COSTS' AND appointment_id = changed.appointment_id
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM movement_figures WHERE figure = 'DOCTOR_COSTS' AND appointment_id IS NULL AND invoice_id = ANY (ids)
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_expense() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM expense_figures WHERE expense_id = changed.expense_id
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_movements() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  ids constant bigint[] := ARRAY(SELECT movement_id FROM added);
  visits constant integer[] := ARRAY(
    SELECT DISTINCT coalesce(added.appointment_id, invoices.appointment_id)
    FROM added LEFT JOIN invoices ON invoices.invoice_id = added.invoice_id);
BEGIN
  PERFORM FROM appointments WHERE appointment_id = ANY (visits) ORDER BY appointment_id FOR SHARE;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sum(number) AS number, sum(quantity) AS quantity,
  sum(amount) AS amount, sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM movement_figures WHERE movement_id = ANY (ids)
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tally_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  PERFORM FROM appointments WHERE appointment_id = changed.appointment_id FOR SHARE;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM invoice_figures WHERE invoice_id = changed.invoice_id
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_invoice_movements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM movement_figures WHERE invoice_id = changed.invoice_id
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  PERFORM FROM appointments WHERE appointment_id = (SELECT appointment_id FROM invoices WHERE invoice_id = changed.invoice_id) FOR SHARE;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_figures WHERE credit_note_id = changed.credit_note_id
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_tax_figures WHERE credit_note_id = changed.credit_note_id
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_item_figures WHERE credit_note_id = changed.credit_note_id
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_credit_note_tax() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_tax_figures WHERE credit_note_id = changed.credit_note_id AND iva_rate = changed.iva_rate
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION tally_credit_note_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;
  INSERT INTO figures AS kept
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, (SELECT free_figure_part()) AS part, sign * sum(number) AS number, sign * sum(quantity) AS quantity,
  sign * sum(amount) AS amount, sign * sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_item_figures WHERE item_id = changed.item_id
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION words_of(name text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT DISTINCT word FROM regexp_split_to_table(search_text(name), '\s+') AS word WHERE word <> '' $$;

CREATE OR REPLACE FUNCTION index_patient_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM patient_words WHERE word IN (SELECT words_of(OLD.full_name))
      AND created_at = OLD.created_at AND patient_id = OLD.patient_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO patient_vocabulary (word) SELECT word FROM words_of(NEW.full_name) AS word ORDER BY word
      ON CONFLICT DO NOTHING;
    INSERT INTO patient_words (word, created_at, patient_id)
      SELECT word, NEW.created_at, NEW.patient_id FROM words_of(NEW.full_name) AS word;
  END IF;
  RETURN NULL;
END $$;

CREATE VIEW patient_figures AS SELECT patient_id, 'PATIENTS'::text AS figure, clinic_day(created_at) AS day, is_active::text AS subject,
  false AS is_test, 1 AS number, 0::numeric AS quantity, 0::numeric AS amount, 0::numeric AS iva_amount
FROM patients;

CREATE VIEW appointment_figures AS SELECT appointment_id, 'APPOINTMENTS'::text AS figure, clinic_day(start_time) AS day, status AS subject,
  false AS is_test, 1 AS number, 0::numeric AS quantity, 0::numeric AS amount, 0::numeric AS iva_amount
FROM appointments;

CREATE VIEW expense_figures AS SELECT expense_id, 'EXPENSES'::text AS figure, expense_date AS day, category AS subject, false AS is_test,
  1 AS number, 0::numeric AS quantity, amount, 0::numeric AS iva_amount
FROM operational_expenses;

CREATE VIEW movement_figures AS SELECT movement_id, movement.invoice_id, movement.appointment_id, 'COSTS'::text AS figure,
  clinic_day(movement.created_at) AS day, ''::text AS subject, coalesce(invoices.is_test, false) AS is_test,
  0 AS number, 0::numeric AS quantity, -total_cost AS amount, 0::numeric AS iva_amount
FROM stock_movements AS movement
LEFT JOIN invoices ON invoices.invoice_id = movement.invoice_id
WHERE movement.reason IN ('CONSUMO', 'VENTA', 'REVERSION')
UNION ALL
SELECT movement_id, movement.invoice_id, movement.appointment_id, 'DOCTOR_COSTS',
  clinic_day(movement.created_at), coalesce(doctor_id::text, ''), coalesce(invoices.is_test, false), 0, 0,
  -total_cost, 0
FROM stock_movements AS movement
LEFT JOIN invoices ON invoices.invoice_id = movement.invoice_id
LEFT JOIN appointments AS visit
  ON visit.appointment_id = coalesce(movement.appointment_id, invoices.appointment_id)
WHERE movement.reason IN ('CONSUMO', 'VENTA', 'REVERSION');

CREATE VIEW invoice_figures AS SELECT invoice_id, 'INVOICES'::text AS figure, issue_date AS day, status AS subject, is_test, 1 AS number,
  0::numeric AS quantity, subtotal AS amount, iva_amount
FROM invoices
UNION ALL
SELECT invoice_id, 'PAYMENT_METHODS', issue_date, payment_method, is_test, 1, 0, subtotal, iva_amount
FROM invoices WHERE status IN ('ISSUED', 'PAID')
UNION ALL
SELECT invoice_id, 'IVA_RATES', issue_date, iva_rate::text, is_test, 1, 0, base, iva
FROM invoices JOIN invoice_taxes USING (invoice_id) WHERE status IN ('ISSUED', 'PAID')
UNION ALL
SELECT invoice_id, 'DOCTORS', issue_date, coalesce(doctor_id::text, ''), is_test, 1, 0, subtotal, 0
FROM invoices LEFT JOIN appointments USING (appointment_id) WHERE invoices.status IN ('ISSUED', 'PAID')
UNION ALL
SELECT invoice_id, 'DOCTORS', issue_date, coalesce(doctor_id::text, ''), is_test, 0, sum(quantity), 0, 0
FROM invoices JOIN invoice_items USING (invoice_id) LEFT JOIN appointments USING (appointment_id)
WHERE invoices.status IN ('ISSUED', 'PAID') AND treatment_id IS NOT NULL
GROUP BY invoice_id, issue_date, doctor_id, is_test
UNION ALL
SELECT invoice_id, 'TREATMENTS', issue_date, coalesce(treatment_id::text, ''), is_test, 1,
  CASE WHEN treatment_id IS NULL THEN 0 ELSE sum(quantity) END, sum(items.subtotal), 0
FROM invoices JOIN invoice_items AS items USING (invoice_id)
WHERE status IN ('ISSUED', 'PAID')
GROUP BY invoice_id, issue_date, treatment_id, is_test;

CREATE VIEW credit_note_figures AS SELECT credit_note_id, invoice_id, 'CREDIT_NOTES'::text AS figure, issue_date AS day, status AS subject,
  is_test, 1 AS number, 0::numeric AS quantity, subtotal AS amount, iva_amount
FROM credit_notes
UNION ALL
SELECT credit_note_id, invoice_id, 'DOCTORS', note.issue_date, coalesce(doctor_id::text, ''), note.is_test,
  0, 0, -note.subtotal, 0
FROM credit_notes AS note JOIN invoices USING (invoice_id) LEFT JOIN appointments USING (appointment_id)
WHERE note.status = 'ISSUED';

CREATE VIEW credit_note_tax_figures AS SELECT credit_note_id, iva_rate, 'CREDITED_IVA_RATES'::text AS figure, issue_date AS day,
  iva_rate::text AS subject, is_test, 1 AS number, 0::numeric AS quantity, base AS amount, iva AS iva_amount
FROM credit_notes JOIN credit_note_taxes USING (credit_note_id)
WHERE status = 'ISSUED';

CREATE VIEW credit_note_item_figures AS SELECT credit_note_id, line.item_id, note.invoice_id, 'TREATMENTS'::text AS figure, issue_date AS day,
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
WHERE note.status = 'ISSUED' AND treatment_id IS NOT NULL;

CREATE TRIGGER tg_stock_movements_figures_added AFTER INSERT ON stock_movements REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_movements();

CREATE TRIGGER tg_credit_note_items_figures_added AFTER INSERT ON credit_note_items FOR EACH ROW EXECUTE FUNCTION tally_credit_note_item();

CREATE TRIGGER tg_credit_note_taxes_figures_added AFTER INSERT ON credit_note_taxes FOR EACH ROW EXECUTE FUNCTION tally_credit_note_tax();

CREATE TRIGGER tg_patients_figures_added AFTER INSERT ON patients FOR EACH ROW EXECUTE FUNCTION tally_patient();

CREATE TRIGGER tg_appointments_figures_added AFTER INSERT ON appointments FOR EACH ROW EXECUTE FUNCTION tally_appointment();

CREATE TRIGGER tg_operational_expenses_figures_added AFTER INSERT ON operational_expenses FOR EACH ROW EXECUTE FUNCTION tally_expense();

CREATE TRIGGER tg_invoices_figures_added AFTER INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION tally_invoice();

CREATE TRIGGER tg_credit_notes_figures_added AFTER INSERT ON credit_notes FOR EACH ROW EXECUTE FUNCTION tally_credit_note();

CREATE TRIGGER tg_patients_figures_deleted BEFORE DELETE ON patients FOR EACH ROW EXECUTE FUNCTION tally_patient();

CREATE TRIGGER tg_appointments_figures_deleted BEFORE DELETE ON appointments FOR EACH ROW EXECUTE FUNCTION tally_appointment();

CREATE TRIGGER tg_operational_expenses_figures_deleted BEFORE DELETE ON operational_expenses FOR EACH ROW EXECUTE FUNCTION tally_expense();

CREATE TRIGGER tg_invoices_figures_deleted BEFORE DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION tally_invoice();

CREATE TRIGGER tg_credit_notes_figures_deleted BEFORE DELETE ON credit_notes FOR EACH ROW EXECUTE FUNCTION tally_credit_note();

CREATE TRIGGER tg_patients_figures_patient_before BEFORE UPDATE ON patients FOR EACH ROW WHEN (ROW(OLD.is_active, OLD.created_at) IS DISTINCT FROM ROW(NEW.is_active, NEW.created_at)) EXECUTE FUNCTION tally_patient();

CREATE TRIGGER tg_patients_figures_patient_after AFTER UPDATE ON patients FOR EACH ROW WHEN (ROW(OLD.is_active, OLD.created_at) IS DISTINCT FROM ROW(NEW.is_active, NEW.created_at)) EXECUTE FUNCTION tally_patient();

CREATE TRIGGER tg_appointments_figures_appointment_before BEFORE UPDATE ON appointments FOR EACH ROW WHEN (ROW(OLD.status, OLD.start_time) IS DISTINCT FROM ROW(NEW.status, NEW.start_time)) EXECUTE FUNCTION tally_appointment();

CREATE TRIGGER tg_appointments_figures_appointment_after AFTER UPDATE ON appointments FOR EACH ROW WHEN (ROW(OLD.status, OLD.start_time) IS DISTINCT FROM ROW(NEW.status, NEW.start_time)) EXECUTE FUNCTION tally_appointment();

CREATE TRIGGER tg_operational_expenses_figures_expense_before BEFORE UPDATE ON operational_expenses FOR EACH ROW WHEN (ROW(OLD.expense_date, OLD.category, OLD.amount) IS DISTINCT FROM ROW(NEW.expense_date, NEW.category, NEW.amount)) EXECUTE FUNCTION tally_expense();

CREATE TRIGGER tg_operational_expenses_figures_expense_after AFTER UPDATE ON operational_expenses FOR EACH ROW WHEN (ROW(OLD.expense_date, OLD.category, OLD.amount) IS DISTINCT FROM ROW(NEW.expense_date, NEW.category, NEW.amount)) EXECUTE FUNCTION tally_expense();

CREATE TRIGGER tg_invoices_figures_invoice_before BEFORE UPDATE ON invoices FOR EACH ROW WHEN (ROW(OLD.status, OLD.issue_date, OLD.is_test, OLD.payment_method, OLD.appointment_id, OLD.subtotal, OLD.iva_amount) IS DISTINCT FROM ROW(NEW.status, NEW.issue_date, NEW.is_test, NEW.payment_method, NEW.appointment_id, NEW.subtotal, NEW.iva_amount)) EXECUTE FUNCTION tally_invoice();

CREATE TRIGGER tg_invoices_figures_invoice_after AFTER UPDATE ON invoices FOR EACH ROW WHEN (ROW(OLD.status, OLD.issue_date, OLD.is_test, OLD.payment_method, OLD.appointment_id, OLD.subtotal, OLD.iva_amount) IS DISTINCT FROM ROW(NEW.status, NEW.issue_date, NEW.is_test, NEW.payment_method, NEW.appointment_id, NEW.subtotal, NEW.iva_amount)) EXECUTE FUNCTION tally_invoice();

CREATE TRIGGER tg_credit_notes_figures_credit_note_before BEFORE UPDATE ON credit_notes FOR EACH ROW WHEN (ROW(OLD.status, OLD.issue_date, OLD.is_test) IS DISTINCT FROM ROW(NEW.status, NEW.issue_date, NEW.is_test)) EXECUTE FUNCTION tally_credit_note();

CREATE TRIGGER tg_credit_notes_figures_credit_note_after AFTER UPDATE ON credit_notes FOR EACH ROW WHEN (ROW(OLD.status, OLD.issue_date, OLD.is_test) IS DISTINCT FROM ROW(NEW.status, NEW.issue_date, NEW.is_test)) EXECUTE FUNCTION tally_credit_note();

CREATE TRIGGER tg_appointments_figures_doctor_before BEFORE UPDATE ON appointments FOR EACH ROW WHEN (ROW(OLD.doctor_id) IS DISTINCT FROM ROW(NEW.doctor_id)) EXECUTE FUNCTION tally_doctor();

CREATE TRIGGER tg_appointments_figures_doctor_after AFTER UPDATE ON appointments FOR EACH ROW WHEN (ROW(OLD.doctor_id) IS DISTINCT FROM ROW(NEW.doctor_id)) EXECUTE FUNCTION tally_doctor();

CREATE TRIGGER tg_invoices_figures_invoice_movements_before BEFORE UPDATE ON invoices FOR EACH ROW WHEN (ROW(OLD.is_test) IS DISTINCT FROM ROW(NEW.is_test)) EXECUTE FUNCTION tally_invoice_movements();

CREATE TRIGGER tg_invoices_figures_invoice_movements_after AFTER UPDATE ON invoices FOR EACH ROW WHEN (ROW(OLD.is_test) IS DISTINCT FROM ROW(NEW.is_test)) EXECUTE FUNCTION tally_invoice_movements();

CREATE TRIGGER tg_patients_words AFTER INSERT OR DELETE ON patients FOR EACH ROW EXECUTE FUNCTION index_patient_words();

CREATE TRIGGER tg_patients_words_changed AFTER UPDATE ON patients FOR EACH ROW WHEN ((OLD.full_name, OLD.created_at) IS DISTINCT FROM (NEW.full_name, NEW.created_at)) EXECUTE FUNCTION index_patient_words();

-- Lo que ya había. Los disparadores de arriba tienen las tablas bloqueadas hasta confirmar.

DELETE FROM figures; INSERT INTO figures 
SELECT figure, grain,
  CASE grain WHEN 'DAY' THEN day ELSE day - (extract(day FROM day)::integer - 1) END AS period,
  subject, is_test, 0 AS part, sum(number) AS number, sum(quantity) AS quantity,
  sum(amount) AS amount, sum(iva_amount) AS iva_amount
FROM (
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM patient_figures
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM appointment_figures
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM expense_figures
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM movement_figures
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM invoice_figures
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_figures
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_tax_figures
UNION ALL
SELECT figure, day, subject, is_test, number, quantity, amount, iva_amount FROM credit_note_item_figures
) AS contributed CROSS JOIN (VALUES ('DAY'), ('MONTH')) AS grains (grain)
GROUP BY 1, 2, 3, 4, 5; ANALYZE figures;

DELETE FROM patient_words;
INSERT INTO patient_words (word, created_at, patient_id)
  SELECT word, created_at, patient_id FROM patients, words_of(full_name) AS word
  ORDER BY word, created_at, patient_id;
INSERT INTO patient_vocabulary (word) SELECT DISTINCT word FROM patient_words ON CONFLICT DO NOTHING;
ANALYZE patient_words, patient_vocabulary;
