"""Lo que lleva las cifras: las funciones y disparadores que suman lo que cada fila aporta cuando cambia."""

from common.tables.guards.figure_views import COLUMNS, SPREAD, VIEWS

# La zona de la clínica, que decide de qué día es un instante. `common.migrate` la cambia por la de la
# configuración.
CLINIC_ZONE = """
CREATE OR REPLACE FUNCTION clinic_zone() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'America/Guayaquil'::text $$
"""
CLINIC_DAY = """
CREATE OR REPLACE FUNCTION clinic_day(instant timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (instant AT TIME ZONE clinic_zone())::date $$
"""

# Una parte que ninguna otra transacción tiene hasta confirmar: sin esperas, y sin abrazos mortales.
FREE_PART = """
CREATE OR REPLACE FUNCTION free_figure_part() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  FOR part IN 1..64 LOOP
    IF pg_try_advisory_xact_lock(727003, part) THEN
      RETURN part;
    END IF;
  END LOOP;
  RETURN 64 + pg_backend_pid();
END $$
"""

# Antes de un cambio se resta lo que la fila aportaba; después se suma lo que aporta.
_TALLY = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sign constant integer := CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END;
  changed record;
  ids integer[];
BEGIN
  IF TG_WHEN = 'BEFORE' THEN changed := OLD; ELSE changed := NEW; END IF;{first}
  {add}
  RETURN coalesce(NEW, OLD);
END $$
"""

_ADD = """INSERT INTO figures AS kept{spread}
  ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET number = kept.number + excluded.number,
    quantity = kept.quantity + excluded.quantity, amount = kept.amount + excluded.amount,
    iva_amount = kept.iva_amount + excluded.iva_amount;"""
# Los movimientos, todos los de una sentencia de una vez. Sus números van en una lista porque así la condición
# entra en la vista; con una subconsulta, PostgreSQL la calcularía entera. El plan no depende de qué números
# sean: sin decírselo, haría uno nuevo cada vez, que cuesta más que seguirlo.
_TALLY_MOVEMENTS = """
CREATE OR REPLACE FUNCTION tally_movements() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  ids constant bigint[] := ARRAY(SELECT movement_id FROM added);
  visits constant integer[] := ARRAY(
    SELECT DISTINCT coalesce(added.appointment_id, invoices.appointment_id)
    FROM added LEFT JOIN invoices ON invoices.invoice_id = added.invoice_id);
BEGIN
  PERFORM FROM appointments WHERE appointment_id = ANY (visits) ORDER BY appointment_id FOR SHARE;
  {add}
  RETURN NULL;
END $$
"""


def _add(sign: str, contributions: tuple[tuple[str, str], ...]) -> str:
    selected = (f"SELECT {COLUMNS} FROM {view} WHERE {where}" for view, where in contributions)  # noqa: S608
    sources = "\nUNION ALL\n".join(selected)
    spread = SPREAD.format(part="(SELECT free_figure_part())", sign=sign, sources=sources)
    return _ADD.format(spread=spread)


def _tally(name: str, *contributions: tuple[str, str], first: str = "") -> str:
    """La función de unos disparadores: de qué vistas y con qué condición sale lo que aporta la fila."""
    return _TALLY.format(name=name, add=_add("sign * ", contributions), first=first)


# El doctor de lo facturado y de lo consumido es el de la visita: mientras se suma, nadie se la pasa a otro.
_HOLD_VISIT = """
  PERFORM FROM appointments WHERE appointment_id = {visit} FOR SHARE;"""
_INVOICED_VISIT = "(SELECT appointment_id FROM invoices WHERE invoice_id = changed.invoice_id)"
_BILLED_VISIT = """
  ids := ARRAY(SELECT invoice_id FROM invoices WHERE appointment_id = changed.appointment_id);"""
_OF_VISIT = "invoice_id = ANY (ids)"
_OF_NOTE = "credit_note_id = changed.credit_note_id"

FUNCTIONS = (
    CLINIC_ZONE,
    CLINIC_DAY,
    FREE_PART,
    _tally("tally_patient", ("patient_figures", "patient_id = changed.patient_id")),
    _tally("tally_appointment", ("appointment_figures", "appointment_id = changed.appointment_id")),
    _tally(
        "tally_doctor",
        ("invoice_figures", f"figure = 'DOCTORS' AND {_OF_VISIT}"),
        ("credit_note_figures", f"figure = 'DOCTORS' AND {_OF_VISIT}"),
        ("credit_note_item_figures", f"figure = 'DOCTORS' AND {_OF_VISIT}"),
        ("movement_figures", "figure = 'DOCTOR_COSTS' AND appointment_id = changed.appointment_id"),
        ("movement_figures", f"figure = 'DOCTOR_COSTS' AND appointment_id IS NULL AND {_OF_VISIT}"),
        first=_BILLED_VISIT,
    ),
    _tally("tally_expense", ("expense_figures", "expense_id = changed.expense_id")),
    _TALLY_MOVEMENTS.format(add=_add("", (("movement_figures", "movement_id = ANY (ids)"),))),
    _tally(
        "tally_invoice",
        ("invoice_figures", "invoice_id = changed.invoice_id"),
        first=_HOLD_VISIT.format(visit="changed.appointment_id"),
    ),
    _tally("tally_invoice_movements", ("movement_figures", "invoice_id = changed.invoice_id")),
    _tally(
        "tally_credit_note",
        *((view, _OF_NOTE) for view in VIEWS if view.startswith("credit_note")),
        first=_HOLD_VISIT.format(visit=_INVOICED_VISIT),
    ),
    _tally(
        "tally_credit_note_tax", ("credit_note_tax_figures", f"{_OF_NOTE} AND iva_rate = changed.iva_rate")
    ),
    _tally("tally_credit_note_item", ("credit_note_item_figures", "item_id = changed.item_id")),
)


def _when_added(table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER tg_{table}_figures_added AFTER INSERT ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {function}()"
    )


def _when_changed(table: str, function: str, *columns: str) -> tuple[str, ...]:
    """Los dos de un cambio de esas columnas: el que resta lo de antes y el que suma lo de después."""
    former, latter = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    name = f"tg_{table}_figures_{function.removeprefix('tally_')}"
    return tuple(
        f"CREATE TRIGGER {name}_{moment.lower()} {moment} UPDATE ON {table} FOR EACH ROW"
        f" WHEN (ROW({former}) IS DISTINCT FROM ROW({latter})) EXECUTE FUNCTION {function}()"
        for moment in ("BEFORE", "AFTER")
    )


def _when_deleted(table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER tg_{table}_figures_deleted BEFORE DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {function}()"
    )


# tabla → la función que la suma y las columnas de las que dependen sus cifras
_CHANGEABLE = {
    "patients": ("tally_patient", "is_active", "created_at"),
    "appointments": ("tally_appointment", "status", "start_time"),
    "operational_expenses": ("tally_expense", "expense_date", "category", "amount"),
    "invoices": (
        "tally_invoice",
        *("status", "issue_date", "is_test", "payment_method", "appointment_id", "subtotal", "iva_amount"),
    ),
    "credit_notes": ("tally_credit_note", "status", "issue_date", "is_test"),
}
_APPENDED = {
    "credit_note_items": "tally_credit_note_item",
    "credit_note_taxes": "tally_credit_note_tax",
}

_MOVEMENTS_ADDED = (
    "CREATE TRIGGER tg_stock_movements_figures_added AFTER INSERT ON stock_movements"
    " REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_movements()"
)

TRIGGERS = (
    _MOVEMENTS_ADDED,
    *(_when_added(table, function) for table, function in _APPENDED.items()),
    *(_when_added(table, function) for table, (function, *_) in _CHANGEABLE.items()),
    *(_when_deleted(table, function) for table, (function, *_) in _CHANGEABLE.items()),
    *(
        trigger
        for table, (function, *columns) in _CHANGEABLE.items()
        for trigger in _when_changed(table, function, *columns)
    ),
    *_when_changed("appointments", "tally_doctor", "doctor_id"),
    *_when_changed("invoices", "tally_invoice_movements", "is_test"),
)
