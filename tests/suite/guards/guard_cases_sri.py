"""Los casos de `test_guards.py` del SRI: cada restricción y la sentencia que la viola.

Cada caso pone las filas que necesita, sobre la factura 2, la emitida.
"""

KEY = "2311202601179900001200110010010000001231234567814"
OTHER_KEY = "2311202601179900001200110010010000001241234567816"

_ISSUER = (
    "INSERT INTO sri_settings (settings_id, environment, ruc, legal_name, head_office_address,"
    " keeps_accounting, consumidor_final_limit, transmission_enabled,"
    " renumbers_automatically, updated_by)"
    " VALUES (1, 'PRUEBAS', '1799000012001', 'Clínica', 'Quito', false, 50, true, false, 1);"
)
_ESTABLISHMENT = "INSERT INTO sri_establishments (establishment, address, emission_points)"
_CERTIFICATE = (
    "INSERT INTO sri_certificates (sealed, fingerprint, subject, issuer, serial_number, rucs, valid_from,"
    " valid_to, is_current, uploaded_by)"
)
_SEQUENCE = "INSERT INTO sri_test_sequences"
_COLUMNS = (
    "INSERT INTO sri_documents (document_id, doc_code, invoice_id, environment, ruc, document_number,"
    " issue_date, access_key, unsigned_xml) "
)


def _document(document_id: int, number: int, key: str) -> str:
    return (
        f"{_COLUMNS} VALUES ({document_id}, '01', 2, 'PRUEBAS', '1799000012001', '001-001-{number:09}',"
        f" now(), '{key}', '<a/>');"
    )


def _of_the_note(number: int, key: str) -> str:
    statement = _document(number, number, key).replace("doc_code", "credit_note_id, doc_code")
    return statement.replace("'01'", "1, '04'")


_DOCUMENT = _document(1, 1, KEY)
_SIGNED = _DOCUMENT + "UPDATE sri_documents SET signed_xml = '<a/>', status = 'FIRMADO';"
_SENT = _SIGNED + "UPDATE sri_documents SET status = 'ENVIADO';"
_ANSWER = (
    "INSERT INTO sri_answers (document_id, operation, asked_at, answered_at, outcome, raw)"
    " VALUES (1, 'RECEPCION', now(), now(), 'RECIBIDA', '');"
)
_NOTE = (
    "INSERT INTO credit_notes (credit_note_id, credit_note_number, invoice_id, issue_date, reason, restocked,"
    " subtotal, iva_amount, total_amount, created_by)"
    " VALUES (1, '001-001-000000001', 2, now(), 'Devolución', false, 1, 0, 1, 1);"
)
_DELIVERY = "INSERT INTO sri_deliveries (document_id, status) VALUES (1, 'PENDIENTE');"

# restricción → sentencia que la viola, sobre las filas de `clinic`
CASES: dict[str, str] = {
    "ck_sri_settings_single_row": _ISSUER + "UPDATE sri_settings SET settings_id = 2",
    "ck_sri_settings_environment": _ISSUER + "UPDATE sri_settings SET environment = 'DEMO'",
    "ck_sri_settings_rimpe": _ISSUER + "UPDATE sri_settings SET rimpe = 'SI'",
    "ck_sri_settings_ruc_shape": _ISSUER + "UPDATE sri_settings SET ruc = '1799000012002'",
    "ck_sri_settings_provider_ruc_shape": _ISSUER + "UPDATE sri_settings SET provider_ruc = '17'",
    "ck_sri_logo_image_not_empty": "INSERT INTO sri_logo (logo_id, image, updated_by) VALUES (1, '', 1)",
    "ck_sri_logo_single_row": "INSERT INTO sri_logo (logo_id, image, updated_by) VALUES (2, 'x', 1)",
    "ck_sri_settings_special_taxpayer_shape": _ISSUER
    + "UPDATE sri_settings SET special_taxpayer_number = '12'",
    "ck_sri_settings_withholding_agent_shape": _ISSUER
    + "UPDATE sri_settings SET withholding_agent_number = '01'",
    "ck_sri_settings_texts_not_empty": _ISSUER + "UPDATE sri_settings SET legal_name = ''",
    "ck_sri_settings_limit_not_negative": _ISSUER + "UPDATE sri_settings SET consumidor_final_limit = -1",
    "ck_sri_establishments_establishment": f"{_ESTABLISHMENT} VALUES ('000', 'Quito', '{{001}}')",
    "ck_sri_establishments_address_not_empty": f"{_ESTABLISHMENT} VALUES ('001', '', '{{001}}')",
    "ck_sri_establishments_has_emission_points": f"{_ESTABLISHMENT} VALUES ('001', 'Quito', '{{}}')",
    "ck_sri_certificates_validity": f"{_CERTIFICATE}"
    " VALUES ('', '', '', '', '1', '{}', now(), now(), false, 1)",
    "uq_sri_certificates_current": f"{_CERTIFICATE} SELECT '', '', '', '', '1', '{{}}', now(),"
    " now() + '1 day', true, 1 FROM generate_series(1, 2)",
    "ck_sri_test_sequences_last_number": f"{_SEQUENCE} VALUES ('01', '001', '001', 1000000000)",
    "ck_sri_test_sequences_series": f"{_SEQUENCE} VALUES ('01', '1', '001', 0)",
    "uq_sri_documents_access_key": _DOCUMENT
    + "UPDATE sri_documents SET voided_at = now();"
    + _document(2, 2, KEY),
    "uq_sri_documents_environment_doc_code_document_number_ruc": _DOCUMENT
    + "UPDATE sri_documents SET voided_at = now();"
    + _document(2, 1, OTHER_KEY),
    "uq_sri_documents_live_invoice": _DOCUMENT + _document(2, 2, OTHER_KEY),
    "uq_sri_documents_live_credit_note": _NOTE + _of_the_note(1, KEY) + _of_the_note(2, OTHER_KEY),
    "ck_sri_documents_doc_code": _DOCUMENT.replace("'01'", "'03'"),
    "ck_sri_documents_one_origin": _DOCUMENT.replace("'01'", "'04'"),
    "ck_sri_documents_environment": _DOCUMENT.replace("PRUEBAS", "DEMO"),
    "ck_sri_documents_status": _DOCUMENT.replace("unsigned_xml", "unsigned_xml, signed_xml, status").replace(
        "'<a/>'", "'<a/>', '<a/>', 'LISTO'"
    ),
    "ck_sri_documents_access_key_shape": _DOCUMENT.replace(KEY, KEY[:-1]),
    "ck_sri_documents_signed_before_sending": _DOCUMENT + "UPDATE sri_documents SET status = 'FIRMADO'",
    "ck_sri_documents_authorized": _SENT
    + "UPDATE sri_documents SET status = 'AUTORIZADO', authorized_at = now(),"
    f" authorization_number = '{OTHER_KEY}'",
    "ck_sri_documents_lease": _DOCUMENT + "UPDATE sri_documents SET lease_owner = 'yo'",
    "tg_sri_documents_advance": _SENT + "UPDATE sri_documents SET signed_xml = '<b/>'",
    "ck_sri_answers_operation": _DOCUMENT + _ANSWER.replace("RECEPCION", "OTRA"),
    "tg_sri_answers_append_only": _DOCUMENT + _ANSWER + "DELETE FROM sri_answers",
    "ck_sri_deliveries_status": _DOCUMENT + _DELIVERY.replace("PENDIENTE", "LISTO"),
    "ck_sri_deliveries_sent_at": _DOCUMENT + _DELIVERY.replace("PENDIENTE", "ENVIADO"),
    "ck_sri_deliveries_lease": _DOCUMENT + _DELIVERY + "UPDATE sri_deliveries SET lease_until = now()",
}

# El nombre con que un disparador se queja, si no es el suyo.
SPOKEN: dict[str, str] = {"tg_sri_documents_advance": "document_advances"}
