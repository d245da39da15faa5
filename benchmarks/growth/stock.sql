-- El kardex: lo que entró al abrir y lo que cada visita completada consumió, con sus saldos.

INSERT INTO stock_movements (movement_id, product_id, quantity, balance_after, unit_cost, reason, created_by, created_at)
SELECT product_id, product_id, 10000000, 10000000, cost_price, 'INICIAL', %(staff)s, %(first_day)s::date - 1
FROM products;

INSERT INTO stock_movements (movement_id, product_id, quantity, balance_after, unit_cost, reason, appointment_id, created_by,
  created_at)
SELECT %(products)s + place, product_id, -quantity, 10000000 - sum(quantity) OVER so_far, cost_price, 'CONSUMO',
  appointment_id, doctor_id, end_time
FROM (
  SELECT row_number() OVER (ORDER BY appointment_id, product_id) AS place, appointment_id, product_id, sum(quantity) AS quantity
  FROM (
    SELECT appointment_id, product_id, quantity * quantity_needed AS quantity
    FROM appointment_treatments JOIN treatment_recipes USING (treatment_id)
    UNION ALL
    SELECT appointment_id, product_id, quantity FROM appointment_extras
  ) AS used
  GROUP BY appointment_id, product_id
) AS taken
JOIN appointments USING (appointment_id)
JOIN products USING (product_id)
WHERE status = 'COMPLETED'
WINDOW so_far AS (PARTITION BY product_id ORDER BY place)
ORDER BY place;

UPDATE products SET stock_quantity = left_over
FROM (SELECT product_id, sum(quantity) AS left_over FROM stock_movements GROUP BY product_id) AS sums
WHERE sums.product_id = products.product_id;
