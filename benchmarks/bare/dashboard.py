"""El tablero de un mes en el límite: una sentencia sobre las mismas cifras que el sistema."""

SQL = """
WITH months AS (
  SELECT * FROM figures
  WHERE figure IN ('INVOICES', 'CREDIT_NOTES', 'COSTS', 'EXPENSES', 'PATIENTS', 'APPOINTMENTS', 'TREATMENTS',
      'DOCTORS')
    AND grain = 'MONTH' AND period = %(first)s::date AND NOT is_test
), billed AS (
  SELECT coalesce(sum(sign * amount), 0) AS total_income,
    coalesce(sum(sign * (amount + iva_amount)), 0) AS total_invoiced,
    coalesce(sum(sign * iva_amount), 0) AS iva_collected,
    coalesce(sum(amount) FILTER (WHERE sign < 0), 0) AS credited_amount,
    coalesce(sum(number) FILTER (WHERE sign > 0), 0)::bigint AS invoice_count
  FROM (SELECT *, CASE figure WHEN 'INVOICES' THEN 1 ELSE -1 END AS sign FROM months
    WHERE figure = 'INVOICES' AND subject IN ('ISSUED', 'PAID')
      OR figure = 'CREDIT_NOTES' AND subject = 'ISSUED') m
), others AS (
  SELECT coalesce(sum(amount) FILTER (WHERE figure = 'COSTS'), 0) AS cost_of_goods,
    coalesce(sum(amount) FILTER (WHERE figure = 'EXPENSES'), 0) AS total_expenses,
    coalesce(sum(number) FILTER (WHERE figure = 'EXPENSES'), 0)::bigint AS expense_count,
    coalesce(sum(number) FILTER (WHERE figure = 'PATIENTS'), 0)::bigint AS new_patients,
    coalesce(sum(quantity) FILTER (WHERE figure = 'TREATMENTS'), 0) AS treatments_sold
  FROM months
), totals AS (
  SELECT *, total_income - cost_of_goods - total_expenses AS profit FROM billed, others
), points AS (
  SELECT to_char(d.day, 'YYYY-MM-DD') AS period, coalesce(income, 0) AS income,
    coalesce(expenses, 0) AS expenses, coalesce(cost_of_goods, 0) AS cost_of_goods,
    coalesce(income, 0) - coalesce(cost_of_goods, 0) - coalesce(expenses, 0) AS profit
  FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS d (day) LEFT JOIN (
    SELECT period AS day,
      coalesce(sum(amount) FILTER (WHERE figure = 'INVOICES' AND subject IN ('ISSUED', 'PAID')), 0)
        - coalesce(sum(amount) FILTER (WHERE figure = 'CREDIT_NOTES' AND subject = 'ISSUED'), 0) AS income,
      coalesce(sum(amount) FILTER (WHERE figure = 'EXPENSES'), 0) AS expenses,
      coalesce(sum(amount) FILTER (WHERE figure = 'COSTS'), 0) AS cost_of_goods
    FROM figures
    WHERE figure IN ('INVOICES', 'CREDIT_NOTES', 'EXPENSES', 'COSTS') AND grain = 'DAY'
      AND period BETWEEN %(first)s AND %(last)s AND NOT is_test
    GROUP BY period) sums USING (day)
), metrics AS (
  SELECT json_build_object('date_from', %(first)s::date, 'date_to', %(last)s::date) AS period, totals.*,
    CASE WHEN invoice_count > 0 THEN round(total_income / invoice_count, 2) ELSE 0 END AS average_ticket,
    CASE WHEN total_income > 0 THEN round(profit * 100 / total_income, 2) ELSE 0 END AS profit_margin,
    (SELECT json_object_agg(status, coalesce(n, 0))
     FROM unnest('{PENDING,CONFIRMED,IN_PROGRESS,COMPLETED,CANCELLED,NO_SHOW}'::text[]) AS status
     LEFT JOIN (SELECT subject, sum(number)::bigint AS n FROM months WHERE figure = 'APPOINTMENTS'
       GROUP BY subject) counted ON subject = status) AS appointments_by_status,
    (SELECT coalesce(json_agg(t), '[]') FROM (
       SELECT treatment_id, name, sum(quantity) AS quantity, sum(amount) AS income
       FROM months JOIN treatments ON treatment_id = nullif(subject, '')::int WHERE figure = 'TREATMENTS'
       GROUP BY treatment_id, name HAVING sum(quantity) > 0
       ORDER BY 3 DESC, name LIMIT 10) t) AS top_treatments,
    (SELECT coalesce(json_agg(d), '[]') FROM (
       SELECT user_id AS doctor_id, full_name AS doctor_name, sum(number)::bigint AS invoice_count,
         sum(amount) AS income
       FROM months LEFT JOIN users ON user_id = nullif(subject, '')::int WHERE figure = 'DOCTORS'
       GROUP BY user_id, full_name HAVING sum(number) > 0 OR sum(amount) <> 0
       ORDER BY 4 DESC, user_id) d) AS income_by_doctor,
    (SELECT coalesce(json_agg(e), '[]') FROM (
       SELECT subject AS category, sum(number)::bigint AS expense_count, sum(amount) AS total_amount
       FROM months WHERE figure = 'EXPENSES' GROUP BY subject HAVING sum(number) > 0
       ORDER BY 3 DESC) e) AS expenses_by_category,
    (SELECT json_agg(p) FROM points p) AS series,
    NULL AS previous, NULL AS change
  FROM totals
)
SELECT json_build_object('success', true, 'data', json_build_object('metrics', row_to_json(metrics)))::text
FROM metrics
"""
