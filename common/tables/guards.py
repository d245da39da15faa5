"""Lo que una tabla no puede declarar: extensiones, funciones y disparadores que guardan las reglas."""

from sqlalchemy import DDL, event

from common.tables.base import Base

EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")

# unaccent() es STABLE porque su diccionario podría cambiar; con el diccionario nombrado es fija, y así
# la expresión puede ir en un índice.
SEARCH_TEXT = """
CREATE OR REPLACE FUNCTION search_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, value)) $$
"""

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'la tabla % solo admite agregar filas', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$
"""

# La existencia solo cambia junto con su movimiento: al confirmar, el último saldo del kardex tiene que
# ser la existencia del producto.
STOCK_MATCHES = """
CREATE OR REPLACE FUNCTION check_stock_matches_movements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  stock numeric;
  balance numeric;
BEGIN
  SELECT stock_quantity INTO stock FROM products WHERE product_id = NEW.product_id;
  SELECT balance_after INTO balance FROM stock_movements
    WHERE product_id = NEW.product_id ORDER BY movement_id DESC LIMIT 1;
  IF stock <> coalesce(balance, 0) THEN
    RAISE EXCEPTION 'la existencia del producto % no es el saldo de su kardex', NEW.product_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_matches_movements';
  END IF;
  RETURN NULL;
END $$
"""

# Cada saldo continúa el anterior, así que la suma de los movimientos es siempre el último saldo.
BALANCE_CONTINUES = """
CREATE OR REPLACE FUNCTION check_balance_continues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  previous numeric;
BEGIN
  SELECT balance_after INTO previous FROM stock_movements
    WHERE product_id = NEW.product_id AND movement_id < NEW.movement_id
    ORDER BY movement_id DESC LIMIT 1;
  IF NEW.balance_after <> coalesce(previous, 0) + NEW.quantity THEN
    RAISE EXCEPTION 'el saldo del producto % no continúa el anterior', NEW.product_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_continues';
  END IF;
  RETURN NEW;
END $$
"""

# Una factura emitida es un documento legal: se cobra o se anula, pero no cambia ni se borra.
ISSUED_IS_FINAL = """
CREATE OR REPLACE FUNCTION refuse_issued_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  movable constant text[] := ARRAY[
    'status', 'payment_method', 'paid_at', 'annulled_at', 'annulled_reason', 'updated_at'];
BEGIN
  IF OLD.invoice_number IS NULL THEN
    RETURN coalesce(NEW, OLD);
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

# Lo cobrado de una factura nunca pasa de su total, y solo se cobra lo emitido.
PAYMENTS_WITHIN_TOTAL = """
CREATE OR REPLACE FUNCTION check_payments_within_total() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  invoice record;
  paid numeric;
BEGIN
  SELECT total_amount, invoice_number INTO invoice FROM invoices WHERE invoice_id = NEW.invoice_id;
  SELECT sum(amount) INTO paid FROM invoice_payments WHERE invoice_id = NEW.invoice_id;
  IF invoice.invoice_number IS NULL OR paid > invoice.total_amount THEN
    RAISE EXCEPTION 'los cobros de la factura % pasan de su total', NEW.invoice_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_within_total';
  END IF;
  RETURN NULL;
END $$
"""

FUNCTIONS = (
    SEARCH_TEXT,
    APPEND_ONLY,
    STOCK_MATCHES,
    BALANCE_CONTINUES,
    ISSUED_IS_FINAL,
    ISSUED_LINES_ARE_FINAL,
    INVOICE_ADDS_UP,
    PAYMENTS_WITHIN_TOTAL,
)

APPEND_ONLY_TABLES = (
    "stock_movements",
    "clinical_note_versions",
    "appointment_status_history",
    "audit_log",
    "invoice_payments",
)


def _append_only(table: str) -> str:
    return (
        f"CREATE TRIGGER tg_{table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


TRIGGERS = (
    *(_append_only(table) for table in APPEND_ONLY_TABLES),
    "CREATE CONSTRAINT TRIGGER tg_products_stock_matches"
    " AFTER INSERT OR UPDATE OF stock_quantity ON products"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_stock_matches_movements()",
    "CREATE CONSTRAINT TRIGGER tg_stock_movements_stock_matches AFTER INSERT ON stock_movements"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_stock_matches_movements()",
    "CREATE TRIGGER tg_stock_movements_balance_continues BEFORE INSERT ON stock_movements"
    " FOR EACH ROW EXECUTE FUNCTION check_balance_continues()",
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
)

BEFORE_TABLES = (*(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS), *FUNCTIONS)


def _literal(statement: str) -> DDL:
    # DDL() da formato con %: los del texto se duplican para que lleguen tal cual.
    return DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]


for _statement in BEFORE_TABLES:
    event.listen(Base.metadata, "before_create", _literal(_statement))
for _statement in TRIGGERS:
    event.listen(Base.metadata, "after_create", _literal(_statement))
