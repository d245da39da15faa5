"""Los casos de `test_guards.py`: cada restricción y la sentencia que la viola.

Cada módulo `guard_cases*.py` trae los de un asunto; aquí, todo lo que no es del SRI ni notas de crédito.
"""

SPAN = "'2030-01-07 09:00-05', '2030-01-07 09:30-05'"
HASH = "repeat('a', 64)"
KARDEX = "INSERT INTO stock_movements (product_id, quantity, balance_after, unit_cost, reason, created_by)"
PAYMENT = "INSERT INTO invoice_payments (invoice_id, amount, payment_method, payment_date, received_by)"
LINK = "INSERT INTO doctor_calendar_links (doctor_id, token_hash, created_by)"

# restricción → sentencia que la viola, sobre las filas de `clinic`
CASES = {
    "ck_appointment_extras_price_not_negative": "UPDATE appointment_extras SET price_charged = -1",
    "ck_appointment_extras_quantity_positive": "UPDATE appointment_extras SET quantity = 0",
    "ck_appointment_status_history_from_status": "INSERT INTO appointment_status_history"
    " (appointment_id, from_status, to_status, changed_by) VALUES (1, 'X', 'PENDING', 1)",
    "ck_appointment_status_history_to_status": "INSERT INTO appointment_status_history"
    " (appointment_id, to_status, changed_by) VALUES (1, 'X', 1)",
    "ck_appointment_treatments_price_not_negative": "UPDATE appointment_treatments SET price_at_moment = -1",
    "ck_appointment_treatments_quantity_positive": "UPDATE appointment_treatments SET quantity = 0",
    "ck_appointments_end_after_start": "UPDATE appointments SET status = 'CANCELLED', end_time = start_time",
    "ck_appointments_length": "UPDATE appointments SET status = 'CANCELLED',"
    " end_time = start_time + '9 hours'",
    "ck_appointments_status": "UPDATE appointments SET status = 'LISTA'",
    "ck_audit_log_hash": "INSERT INTO audit_log (user_id, action, entity, request_id, previous_hash, hash)"
    f" VALUES (1, 'READ', 'x', 'x', {HASH}, 'no')",
    "ck_clinical_notes_observations_not_empty": "UPDATE clinical_notes SET observations = ''",
    "ck_clinical_notes_version_positive": "UPDATE clinical_notes SET version = 0",
    "ck_doctor_schedules_end_after_start": "INSERT INTO doctor_schedules"
    " (doctor_id, weekday, start_time, end_time) VALUES (1, 1, '10:00', '10:00')",
    "ck_doctor_schedules_weekday": "INSERT INTO doctor_schedules"
    " (doctor_id, weekday, start_time, end_time) VALUES (1, 8, '10:00', '11:00')",
    "ck_doctor_time_off_end_after_start": "INSERT INTO doctor_time_off (doctor_id, start_time, end_time)"
    " VALUES (1, now(), now())",
    "ck_figures_grain": "UPDATE figures SET grain = 'YEAR'",
    "ck_idempotency_keys_status": "INSERT INTO idempotency_keys (user_id, key, fingerprint, status, body)"
    " VALUES (1, 'k', 'f', 500, '{}')",
    "ck_invoice_items_amounts_not_negative": "UPDATE invoice_items SET unit_price = -1, subtotal = -1,"
    " discount = 0 WHERE invoice_id = 1",
    "ck_invoice_items_description_not_empty": "UPDATE invoice_items SET description = ''"
    " WHERE invoice_id = 1",
    "ck_invoice_items_iva_rate": "UPDATE invoice_items SET iva_rate = 12 WHERE invoice_id = 1",
    "ck_invoice_items_quantity_positive": "UPDATE invoice_items SET quantity = 0, subtotal = 0"
    " WHERE invoice_id = 1",
    "ck_invoice_items_subtotal": "UPDATE invoice_items SET subtotal = 29 WHERE invoice_id = 1",
    "ck_invoice_payments_amount_positive": f"{PAYMENT} VALUES (2, 0, 'EFECTIVO', now(), 1)",
    "ck_invoice_payments_payment_method": f"{PAYMENT} VALUES (2, 1, 'FIADO', now(), 1)",
    "ck_invoice_sequences_last_number": "UPDATE invoice_sequences SET last_number = 1000000000",
    "ck_invoice_sequences_series": "INSERT INTO invoice_sequences VALUES ('01', '1', '001', 0)",
    "ck_invoice_taxes_amounts_not_negative": "UPDATE invoice_taxes SET base = -1, iva = 0"
    " WHERE invoice_id = 1",
    "ck_invoice_taxes_iva": "UPDATE invoice_taxes SET iva = 1 WHERE invoice_id = 1",
    "ck_invoices_amounts_not_negative": "UPDATE invoices SET discount = -1 WHERE invoice_id = 1",
    "ck_invoices_annulled_at": "UPDATE invoices SET annulled_at = now() WHERE invoice_id = 1",
    "ck_invoices_annulled_with_reason": "UPDATE invoices SET status = 'ANNULLED', annulled_at = now(),"
    " annulled_reason = '' WHERE invoice_id = 1",
    "ck_invoices_buyer_id_type": "UPDATE invoices SET buyer_id_type = 'DNI' WHERE invoice_id = 1",
    "ck_invoices_buyer_not_empty": "UPDATE invoices SET buyer_name = '' WHERE invoice_id = 1",
    "ck_invoices_invoice_number_shape": "UPDATE invoices SET invoice_number = '1', status = 'ISSUED',"
    " issued_at = now() WHERE invoice_id = 1",
    "ck_invoices_number_when_issued": "UPDATE invoices SET status = 'ISSUED' WHERE invoice_id = 1",
    "ck_invoices_paid_at": "UPDATE invoices SET status = 'PAID' WHERE invoice_id = 2",
    "ck_invoices_payment_method": "UPDATE invoices SET payment_method = 'FIADO' WHERE invoice_id = 1",
    "ck_invoices_status": "UPDATE invoices SET status = 'LISTA' WHERE invoice_id = 2",
    "ck_invoices_total": "UPDATE invoices SET total_amount = 1 WHERE invoice_id = 1",
    "ck_login_attempts_failures_not_negative": "INSERT INTO login_attempts VALUES ('a@b', -1, now())",
    "ck_medical_history_blood_type": "INSERT INTO medical_history (patient_id, updated_by, blood_type)"
    " VALUES (2, 1, 'Z')",
    "ck_operational_expenses_amount_positive": "INSERT INTO operational_expenses"
    " (description, amount, expense_date, category, registered_by) VALUES ('x', 0, now(), 'y', 1)",
    "ck_operational_expenses_texts_not_empty": "INSERT INTO operational_expenses"
    " (description, amount, expense_date, category, registered_by) VALUES ('', 1, now(), 'y', 1)",
    "ck_patients_document": "UPDATE patients SET doc_number = '17' WHERE patient_id = 1",
    "ck_patients_not_consumidor_final": "UPDATE patients SET doc_type = 'RUC', doc_number = '9999999999999'"
    " WHERE patient_id = 1",
    "ck_patients_gender": "UPDATE patients SET gender = 'X'",
    "ck_patients_names_not_empty": "UPDATE patients SET first_name = ''",
    "ck_products_iva_rate": "UPDATE products SET iva_rate = 12",
    "ck_products_min_stock_not_negative": "UPDATE products SET min_stock_alert = -1",
    "ck_products_names_not_empty": "UPDATE products SET name = ''",
    "ck_products_prices_not_negative": "UPDATE products SET cost_price = -1",
    "ck_products_sku_in_capitals": "UPDATE products SET sku = 'minúscula' WHERE product_id = 1",
    "ck_products_stock_not_negative": "UPDATE products SET stock_quantity = -1",
    "ck_roles_name_not_empty": "INSERT INTO roles (name) VALUES ('')",
    "ck_stock_movements_balance_not_negative": f"{KARDEX} VALUES (1, -11, -1, 1, 'MERMA', 1)",
    "ck_stock_movements_quantity_not_zero": f"{KARDEX} VALUES (1, 0, 10, 1, 'MERMA', 1)",
    "ck_stock_movements_reason": f"{KARDEX} VALUES (1, 1, 11, 1, 'X', 1)",
    "ck_stock_movements_unit_cost_not_negative": f"{KARDEX} VALUES (1, 1, 11, -1, 'AJUSTE', 1)",
    "ck_treatment_recipes_quantity_positive": "UPDATE treatment_recipes SET quantity_needed = 0",
    "ck_treatments_base_price_not_negative": "UPDATE treatments SET base_price = -1",
    "ck_treatments_duration": "UPDATE treatments SET duration_minutes = 4",
    "ck_treatments_iva_rate": "UPDATE treatments SET iva_rate = 12",
    "ck_treatments_name_not_empty": "UPDATE treatments SET name = '' WHERE treatment_id = 1",
    "ck_users_email_shape": "UPDATE users SET email = 'x' WHERE user_id = 1",
    "ck_users_full_name_not_empty": "UPDATE users SET full_name = ''",
    "ck_users_token_version_positive": "UPDATE users SET token_version = 0",
    "ex_appointments_doctor": "INSERT INTO appointments (patient_id, doctor_id, start_time, end_time)"
    f" VALUES (1, 1, {SPAN}), (2, 1, {SPAN})",
    "ex_appointments_patient": "INSERT INTO appointments (patient_id, doctor_id, start_time, end_time)"
    f" VALUES (1, 1, {SPAN}), (1, 2, {SPAN})",
    "ex_doctor_schedules_interval": "INSERT INTO doctor_schedules (doctor_id, weekday, start_time, end_time)"
    " VALUES (1, 1, '08:00', '12:00'), (1, 1, '11:59', '13:00')",
    "uq_appointments_appointment_id_patient_id": "INSERT INTO clinical_notes"
    " (appointment_id, patient_id, author_id, observations) VALUES (1, 2, 1, 'x')",
    "uq_clinical_note_versions_note_id_version": "INSERT INTO clinical_note_versions"
    " (note_id, version, author_id, observations) VALUES (1, 1, 1, 'x'), (1, 1, 1, 'y')",
    "uq_invoice_items_invoice_id_line_number": "INSERT INTO invoice_items (invoice_id, line_number,"
    " description, quantity, unit_price, iva_rate, subtotal) VALUES (1, 1, 'x', 1, 1, 0, 1)",
    "uq_invoices_invoice_number_is_test": "UPDATE invoices SET status = 'ISSUED', issued_at = now(),"
    " invoice_number = '001-001-000000001' WHERE invoice_id = 1",
    "uq_invoices_live_appointment": "UPDATE invoices SET appointment_id = 1 WHERE invoice_id IN (1, 3)",
    "uq_medical_history_patient_id": "INSERT INTO medical_history (patient_id, updated_by)"
    " VALUES (2, 1), (2, 1)",
    "uq_patients_doc_number": "UPDATE patients SET doc_type = 'PASAPORTE', doc_number = 'ABC123'",
    "uq_products_sku": "UPDATE products SET sku = 'X'",
    "uq_roles_name": "INSERT INTO roles (name) VALUES ('ADMIN')",
    "uq_treatment_recipes_treatment_id_product_id": "INSERT INTO treatment_recipes"
    " (treatment_id, product_id, quantity_needed) VALUES (1, 1, 1)",
    "uq_treatments_name": "INSERT INTO treatments (name, base_price) SELECT upper(name), 1 FROM treatments",
    "uq_users_email": "INSERT INTO users (full_name, email, password_hash, role_id)"
    " SELECT 'x', upper(email), 'x', 1 FROM users WHERE user_id = 1",
    "tg_appointment_status_history_append_only": "DELETE FROM appointment_status_history",
    "tg_audit_log_append_only": "UPDATE audit_log SET action = 'x'",
    "tg_clinical_note_versions_append_only": "UPDATE clinical_note_versions SET observations = 'x'",
    "tg_stock_movements_append_only": "DELETE FROM stock_movements",
    "tg_stock_movements_balance_continues": f"{KARDEX} VALUES (1, 1, 12, 1, 'AJUSTE', 1)",
    "tg_products_stock_matches": "UPDATE products SET stock_quantity = 11 WHERE product_id = 1",
    "tg_stock_movements_stock_matches": f"{KARDEX} VALUES (1, 1, 11, 1, 'AJUSTE', 1)",
    "tg_invoices_issued_is_final": "UPDATE invoices SET buyer_name = 'Otro' WHERE invoice_id = 2",
    "tg_invoice_items_issued_is_final": "DELETE FROM invoice_items WHERE invoice_id = 2",
    "tg_invoice_taxes_issued_is_final": "DELETE FROM invoice_taxes WHERE invoice_id = 2",
    "tg_invoice_payments_append_only": f"{PAYMENT} VALUES (2, 1, 'EFECTIVO', now(), 1);"
    " DELETE FROM invoice_payments",
    "tg_invoice_payments_within_total": f"{PAYMENT} VALUES (2, 29, 'EFECTIVO', now(), 1),"
    " (2, 1.01, 'EFECTIVO', now(), 1)",
    "uq_doctor_calendar_links_live": f"{LINK} VALUES (1, 'a', 1), (1, 'b', 1)",
    "uq_doctor_calendar_links_token_hash": f"{LINK} VALUES (1, 'a', 1), (2, 'a', 1)",
    "tg_invoices_add_up": "UPDATE invoices SET subtotal = 31, total_amount = 31 WHERE invoice_id = 1",
}

# El nombre con que un disparador se queja, si no es el suyo.
SPOKEN = {
    "uq_appointments_appointment_id_patient_id": "fk_clinical_notes_appointment_patient",
    "tg_products_stock_matches": "stock_matches_movements",
    "tg_stock_movements_stock_matches": "stock_matches_movements",
    "tg_stock_movements_balance_continues": "balance_continues",
    "tg_invoices_issued_is_final": "issued_is_final",
    "tg_invoice_items_issued_is_final": "issued_is_final",
    "tg_invoice_taxes_issued_is_final": "issued_is_final",
    "tg_invoices_add_up": "invoice_adds_up",
    "tg_invoice_payments_within_total": "payments_within_total",
}
