"""Las funciones y disparadores que guardan facturas, cobros y notas de crédito."""

# Una factura emitida es un documento legal: se cobra o se anula, pero no cambia ni se borra. Solo si el SRI
# rechazó su comprobante, y ninguno suyo está en camino ni autorizado, se corrige el comprador o el número.
ISSUED_IS_FINAL = """
CREATE OR REPLACE FUNCTION refuse_issued_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  movable text[] := ARRAY['status', 'payment_method', 'paid_at', 'annulled_at', 'annulled_reason',
    'credited_in_full', 'updated_at'];
BEGIN
  IF OLD.invoice_number IS NULL THEN
    RETURN coalesce(NEW, OLD);
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable
      AND document_was_rejected(OLD.invoice_id, NULL) THEN
    movable := movable || ARRAY['invoice_number', 'issue_date', 'is_test', 'buyer_id_type',
      'buyer_id_number', 'buyer_name', 'buyer_email', 'buyer_address', 'additional_info'];
  END IF;
  IF NEW IS NULL OR to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable THEN
    RAISE EXCEPTION 'la factura % ya se emitió', OLD.invoice_number
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issued_is_final';
  END IF;
  RETURN NEW;
END $$
"""

ISSUED_LINES_ARE_FINAL = """
CREATE OR REPLACE FUNCTION refuse_issued_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM invoices
    WHERE invoice_id IN (OLD.invoice_id, NEW.invoice_id) AND invoice_number IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'las líneas de una factura emitida no cambian'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issued_is_final';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""

# Los totales de la cabecera son la suma de las líneas y de los impuestos por tarifa.
INVOICE_ADDS_UP = """
CREATE OR REPLACE FUNCTION check_invoice_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  header record;
  lines record;
  taxes record;
BEGIN
  SELECT subtotal, discount, iva_amount INTO header FROM invoices WHERE invoice_id = NEW.invoice_id;
  SELECT sum(subtotal) AS subtotal, sum(discount) AS discount INTO lines
    FROM invoice_items WHERE invoice_id = NEW.invoice_id;
  SELECT sum(base) AS base, sum(iva) AS iva INTO taxes
    FROM invoice_taxes WHERE invoice_id = NEW.invoice_id;
  IF (header.subtotal, header.discount, header.subtotal, header.iva_amount)
      IS DISTINCT FROM (lines.subtotal, lines.discount, taxes.base, taxes.iva) THEN
    RAISE EXCEPTION 'los totales de la factura % no son la suma de sus líneas', NEW.invoice_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_adds_up';
  END IF;
  RETURN NULL;
END $$
"""

# Al cobrar, lo cobrado y lo devuelto no pasan del total, y solo se cobra lo emitido. Una nota de crédito
# posterior sí puede dejar cobrado de más: es lo que hay que devolver.
PAYMENTS_WITHIN_TOTAL = """
CREATE OR REPLACE FUNCTION check_payments_within_total() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  invoice record;
  paid numeric;
  credited numeric;
BEGIN
  SELECT total_amount, invoice_number INTO invoice FROM invoices WHERE invoice_id = NEW.invoice_id;
  SELECT sum(amount) INTO paid FROM invoice_payments WHERE invoice_id = NEW.invoice_id;
  SELECT coalesce(sum(total_amount), 0) INTO credited
    FROM credit_notes WHERE invoice_id = NEW.invoice_id AND status = 'ISSUED';
  IF invoice.invoice_number IS NULL OR paid + credited > invoice.total_amount THEN
    RAISE EXCEPTION 'los cobros de la factura % pasan de su total', NEW.invoice_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_within_total';
  END IF;
  RETURN NULL;
END $$
"""

# Lo mismo una nota de crédito, que nace emitida.
CREDIT_NOTE_IS_FINAL = """
CREATE OR REPLACE FUNCTION refuse_credit_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  movable text[] := ARRAY['status', 'annulled_at', 'annulled_reason', 'updated_at'];
BEGIN
  IF TG_OP = 'UPDATE' AND document_was_rejected(OLD.invoice_id, OLD.credit_note_id) THEN
    movable := movable || ARRAY['credit_note_number', 'issue_date', 'is_test'];
  END IF;
  IF NEW IS NULL OR to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable THEN
    RAISE EXCEPTION 'la nota de crédito % ya se emitió', OLD.credit_note_number
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issued_is_final';
  END IF;
  RETURN NEW;
END $$
"""

# Los totales de la nota son la suma de sus líneas y de sus impuestos.
CREDIT_NOTE_ADDS_UP = """
CREATE OR REPLACE FUNCTION check_credit_note_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  header record;
  lines numeric;
  taxes record;
BEGIN
  SELECT subtotal, iva_amount INTO header FROM credit_notes WHERE credit_note_id = NEW.credit_note_id;
  SELECT sum(subtotal) INTO lines FROM credit_note_items WHERE credit_note_id = NEW.credit_note_id;
  SELECT sum(base) AS base, sum(iva) AS iva INTO taxes
    FROM credit_note_taxes WHERE credit_note_id = NEW.credit_note_id;
  IF (header.subtotal, header.subtotal, header.iva_amount) IS DISTINCT FROM (lines, taxes.base, taxes.iva)
  THEN
    RAISE EXCEPTION 'los totales de la nota de crédito % no son la suma de sus líneas', NEW.credit_note_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_adds_up';
  END IF;
  RETURN NULL;
END $$
"""

# Las notas vigentes de una factura nunca devuelven más de lo que ella cobró: ni en total, ni por línea, ni
# por tarifa.
CREDITS_WITHIN_INVOICE = """
CREATE OR REPLACE FUNCTION check_credits_within_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  invoice record;
  credited numeric;
BEGIN
  SELECT invoice_id, total_amount, status, credited_in_full INTO invoice
    FROM invoices WHERE invoice_id = NEW.invoice_id;
  SELECT sum(total_amount) INTO credited
    FROM credit_notes WHERE invoice_id = NEW.invoice_id AND status = 'ISSUED';
  IF credited IS NULL AND NOT invoice.credited_in_full THEN
    RETURN NULL;
  END IF;
  IF invoice.status NOT IN ('ISSUED', 'PAID') OR credited > invoice.total_amount
      OR invoice.credited_in_full <> (coalesce(credited, 0) = invoice.total_amount)
      OR EXISTS (
        SELECT FROM credit_note_items AS line
        JOIN credit_notes AS note USING (credit_note_id)
        JOIN invoice_items AS sold ON sold.item_id = line.invoice_item_id
        WHERE note.invoice_id = NEW.invoice_id AND note.status = 'ISSUED'
        GROUP BY sold.item_id
        HAVING sum(line.subtotal) > sold.subtotal OR sum(line.returned_quantity) > sold.quantity
          OR bool_or(sold.invoice_id <> NEW.invoice_id) OR bool_or(sold.iva_rate <> line.iva_rate)
      )
      OR EXISTS (
        SELECT FROM credit_note_taxes AS tax
        JOIN credit_notes AS note USING (credit_note_id)
        LEFT JOIN invoice_taxes AS sold ON sold.invoice_id = note.invoice_id AND sold.iva_rate = tax.iva_rate
        WHERE note.invoice_id = NEW.invoice_id AND note.status = 'ISSUED'
        GROUP BY tax.iva_rate, sold.base, sold.iva
        HAVING sold.base IS NULL OR sum(tax.base) > sold.base OR sum(tax.iva) > sold.iva
      ) THEN
    RAISE EXCEPTION 'las notas de crédito de la factura % no cuadran con ella', NEW.invoice_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_within_invoice';
  END IF;
  RETURN NULL;
END $$
"""

FUNCTIONS = (
    ISSUED_IS_FINAL,
    ISSUED_LINES_ARE_FINAL,
    INVOICE_ADDS_UP,
    PAYMENTS_WITHIN_TOTAL,
    CREDIT_NOTE_IS_FINAL,
    CREDIT_NOTE_ADDS_UP,
    CREDITS_WITHIN_INVOICE,
)


def _deferred(name: str, event: str, table: str, function: str) -> str:
    return (
        f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table}"
        f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function}()"
    )


TRIGGERS = (
    "CREATE TRIGGER tg_invoices_issued_is_final BEFORE UPDATE OR DELETE ON invoices"
    " FOR EACH ROW EXECUTE FUNCTION refuse_issued_change()",
    "CREATE TRIGGER tg_invoice_items_issued_is_final BEFORE INSERT OR UPDATE OR DELETE ON invoice_items"
    " FOR EACH ROW EXECUTE FUNCTION refuse_issued_line_change()",
    "CREATE TRIGGER tg_invoice_taxes_issued_is_final BEFORE INSERT OR UPDATE OR DELETE ON invoice_taxes"
    " FOR EACH ROW EXECUTE FUNCTION refuse_issued_line_change()",
    "CREATE CONSTRAINT TRIGGER tg_invoices_add_up"
    " AFTER INSERT OR UPDATE OF subtotal, discount, iva_amount, status ON invoices"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_invoice_adds_up()",
    "CREATE CONSTRAINT TRIGGER tg_invoice_payments_within_total AFTER INSERT ON invoice_payments"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_payments_within_total()",
    "CREATE TRIGGER tg_credit_notes_issued_is_final BEFORE UPDATE OR DELETE ON credit_notes"
    " FOR EACH ROW EXECUTE FUNCTION refuse_credit_note_change()",
    *(
        _deferred(f"tg_{table}_add_up", "INSERT", table, "check_credit_note_adds_up")
        for table in ("credit_notes", "credit_note_items", "credit_note_taxes")
    ),
    _deferred(
        "tg_credit_notes_within_invoice",
        "INSERT OR UPDATE OF status",
        "credit_notes",
        "check_credits_within_invoice",
    ),
    _deferred(
        "tg_invoices_credits_within",
        "UPDATE OF status, credited_in_full",
        "invoices",
        "check_credits_within_invoice",
    ),
)
