"""Los casos de `test_guards.py` de las notas de crédito: cada restricción y la sentencia que la viola.

Cada caso pone las filas que necesita, sobre la factura 2, la emitida: una consulta de 30 sin IVA.
"""

_NOTE = (
    "INSERT INTO credit_notes (credit_note_number, invoice_id, issue_date, reason, restocked, subtotal,"
    " iva_amount, total_amount, created_by)"
)
_ITEM = (
    "INSERT INTO credit_note_items (credit_note_id, line_number, invoice_item_id, description, iva_rate,"
    " quantity, returned_quantity, unit_price, discount, subtotal)"
)
_TAX = "INSERT INTO credit_note_taxes (credit_note_id, iva_rate, base, iva)"


def note(number: int, amount: str, *, line: int = 2, quantity: str = "1", returned: str = "0") -> str:
    """Una nota de crédito que devuelve ese monto de una línea."""
    price = f"{amount}, 0, {amount}"
    return (
        f"{_NOTE} VALUES ('001-001-{number:09}', 2, now(), 'Devolución', false, {amount}, 0, {amount}, 1);"
        f"{_ITEM} VALUES ({number}, 1, {line}, 'Consulta', 0, {quantity}, {returned}, {price});"
        f"{_TAX} VALUES ({number}, 0, {amount}, 0);"
    )


_TEN = note(1, "10")

# restricción → sentencia que la viola, sobre las filas de `clinic`
CASES: dict[str, str] = {
    "ck_credit_notes_amounts_not_negative": f"{_NOTE}"
    " VALUES ('001-001-000000001', 2, now(), 'x', false, -1, 2, 1, 1)",
    "ck_credit_notes_annulled": f"{_TEN} UPDATE credit_notes SET status = 'ANNULLED'",
    "ck_credit_notes_number_shape": f"{_NOTE} VALUES ('1', 2, now(), 'x', false, 1, 0, 1, 1)",
    "ck_credit_notes_reason_not_empty": f"{_NOTE}"
    " VALUES ('001-001-000000001', 2, now(), '', false, 1, 0, 1, 1)",
    "ck_credit_notes_status": f"{_TEN} UPDATE credit_notes SET status = 'LISTA'",
    "ck_credit_notes_total": f"{_NOTE} VALUES ('001-001-000000001', 2, now(), 'x', false, 0, 0, 0, 1)",
    "ck_credit_note_items_amounts_not_negative": f"{_TEN}{_ITEM} VALUES (1, 2, 1, 'x', 0, 1, 0, 1, 2, -1)",
    "ck_credit_note_items_quantity_positive": f"{_TEN} {_ITEM} VALUES (1, 2, 1, 'x', 0, 0, 0, 1, 0, 0)",
    "ck_credit_note_items_returned_quantity": f"{_TEN} {_ITEM} VALUES (1, 2, 1, 'x', 0, 1, 2, 1, 0, 1)",
    "ck_credit_note_items_subtotal": f"{_TEN} {_ITEM} VALUES (1, 2, 1, 'x', 0, 1, 1, 1, 0, 2)",
    "ck_credit_note_taxes_amounts_not_negative": f"{_TEN} {_TAX} VALUES (1, 15, -0.01, 0)",
    "ck_credit_note_taxes_iva": f"{_TEN} {_TAX} VALUES (1, 15, 1, 0.16)",
    "ck_stock_movements_credit_note_of_invoice": f"{_TEN} INSERT INTO stock_movements"
    " (product_id, quantity, balance_after, unit_cost, reason, created_by, credit_note_id)"
    " VALUES (1, 1, 11, 1, 'REVERSION', 1, 1)",
    "uq_credit_notes_credit_note_number_is_test": note(1, "1") + note(1, "1"),
    "uq_credit_note_items_credit_note_id_line_number": f"{_TEN}"
    f"{_ITEM} VALUES (1, 1, 1, 'x', 0, 1, 1, 1, 0, 1)",
    "uq_credit_note_items_credit_note_id_invoice_item_id": f"{_TEN}"
    f"{_ITEM} VALUES (1, 2, 2, 'x', 0, 1, 1, 1, 0, 1)",
    "tg_credit_notes_issued_is_final": f"{_TEN} UPDATE credit_notes SET reason = 'Otra'",
    "tg_credit_note_items_append_only": f"{_TEN} UPDATE credit_note_items SET description = 'x'",
    "tg_credit_note_taxes_append_only": f"{_TEN} DELETE FROM credit_note_taxes",
    "tg_credit_notes_add_up": f"{_NOTE} VALUES ('001-001-000000001', 2, now(), 'x', false, 1, 0, 1, 1)",
    "tg_credit_note_items_add_up": f"{_TEN} SET CONSTRAINTS ALL IMMEDIATE;"
    f"{_ITEM} VALUES (1, 2, 1, 'x', 0, 1, 0, 1, 0, 1)",
    "tg_credit_note_taxes_add_up": f"{_TEN} SET CONSTRAINTS ALL IMMEDIATE; {_TAX} VALUES (1, 15, 1, 0.15)",
    "tg_credit_notes_within_invoice": note(1, "20") + note(2, "10.01"),
    "tg_invoices_credits_within": "UPDATE invoices SET credited_in_full = true WHERE invoice_id = 2",
}

# El nombre con que un disparador se queja, si no es el suyo.
SPOKEN: dict[str, str] = {
    "tg_credit_notes_issued_is_final": "issued_is_final",
    "tg_credit_notes_add_up": "credit_note_adds_up",
    "tg_credit_note_items_add_up": "credit_note_adds_up",
    "tg_credit_note_taxes_add_up": "credit_note_adds_up",
    "tg_credit_notes_within_invoice": "credits_within_invoice",
    "tg_invoices_credits_within": "credits_within_invoice",
}

# Lo demás que impide `credits_within_invoice`, que en un solo caso no cabe.
BEYOND_THE_INVOICE: dict[str, str] = {
    "de una línea ajena": note(1, "20", line=1),
    "más cantidad que la vendida": note(1, "5", quantity="2", returned="2").replace("5, 0, 5)", "2.5, 0, 5)"),
    "de una tarifa que la factura no lleva": _TEN.replace("'Consulta', 0", "'Consulta', 15")
    .replace("(1, 0, 10, 0)", "(1, 15, 10, 1.5)")
    .replace("false, 10, 0, 10", "false, 10, 1.5, 11.5"),
    "entera sin decirlo": note(1, "30"),
    "entera sin serlo": _TEN + "UPDATE invoices SET credited_in_full = true WHERE invoice_id = 2",
    "de una factura anulada": _TEN + "UPDATE invoices SET status = 'ANNULLED', annulled_at = now(),"
    " annulled_reason = 'Error' WHERE invoice_id = 2",
    "de un borrador": _TEN.replace("', 2, now()", "', 1, now()").replace(
        "1, 1, 2, 'Consulta'", "1, 1, 1, 'Consulta'"
    ),
}
