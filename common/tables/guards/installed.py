"""Lo que una tabla no puede declarar: extensiones, funciones y disparadores que guardan las reglas."""

from sqlalchemy import DDL, event

from common.tables.base import Base
from common.tables.guards import facturacion, figure_views, figures, search, sri

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

FUNCTIONS = (
    SEARCH_TEXT,
    APPEND_ONLY,
    STOCK_MATCHES,
    BALANCE_CONTINUES,
    *facturacion.FUNCTIONS,
    *sri.FUNCTIONS,
    *figures.FUNCTIONS,
    *search.FUNCTIONS,
)

APPEND_ONLY_TABLES = (
    "stock_movements",
    "clinical_note_versions",
    "appointment_status_history",
    "audit_log",
    "invoice_payments",
    "credit_note_items",
    "credit_note_taxes",
    "sri_answers",
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
    *facturacion.TRIGGERS,
    *sri.TRIGGERS,
    *figures.TRIGGERS,
    *search.TRIGGERS,
)

BEFORE_TABLES = (*(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS), *FUNCTIONS)


def _literal(statement: str) -> DDL:
    # DDL() da formato con %: los del texto se duplican para que lleguen tal cual.
    return DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]


for _statement in BEFORE_TABLES:
    event.listen(Base.metadata, "before_create", _literal(_statement))
for _statement in (*figure_views.VIEW_STATEMENTS, *TRIGGERS):
    event.listen(Base.metadata, "after_create", _literal(_statement))
