"""Todo lo hostil que cabe en una petición bien formada, contra todo lo que los servicios publican."""

from collections.abc import Iterator
from typing import Any

from drills.attacks.addresses import Sweep
from drills.attacks.fields import Probe
from drills.house import Broken, House, at_once, expect
from drills.records.published import operations
from scripts.trials.throwaway import running

THREADS = 4
# De lo que falle, cuánto se cuenta.
SHOWN = 5
# De dónde sale una fila que exista para cada identificador: sin ella todo sería 404.
ROWS = {
    "patient_id": "select max(patient_id) from patients",
    "doctor_id": "select min(user_id) from users join roles using (role_id) where roles.name = 'Doctor'",
    "product_id": "select max(product_id) from products",
    "treatment_id": "select max(treatment_id) from treatments",
    "appointment_id": "select max(appointment_id) from appointments where status in ('PENDING', 'CONFIRMED')",
    "detail_id": "select max(detail_id) from appointment_treatments",
    "extra_id": "select max(extra_id) from appointment_extras",
    "item_id": "select max(item_id) from invoice_items",
    "credit_note_id": "select max(credit_note_id) from credit_notes",
    "document_id": "select max(document_id) from sri_documents",
    "expense_id": "select max(expense_id) from operational_expenses",
    "user_id": "select max(user_id) from users where role_id <> 1",
    "role_id": "select max(role_id) from roles",
}


def everything(_house: House) -> str:
    """En una clínica aparte, con su muestra, porque lo que se acepta la cambia."""
    with running(demo=True) as clinic:
        house = House(clinic)
        ids, found = _rows(house), operations(house)
        probes = [Probe(house, operation, ids) for operation in found if operation.body]
        sweeps = [Sweep(house, operation, ids) for operation in found]
        at_once([*(probe.attack for probe in probes), *(sweep.attack for sweep in sweeps)], threads=THREADS)
        problems = [text for probe in probes for text in probe.problems]
        problems += [text for sweep in sweeps for text in sweep.problems]
        problems += _invisible(house)
    if problems:
        raise Broken(f"{len(problems)} problemas: " + "; ".join(problems[:SHOWN]))
    bodies, addresses = sum(probe.sent for probe in probes), sum(sweep.sent for sweep in sweeps)
    stored = sum(probe.stored for probe in probes)
    return (
        f"{bodies} cuerpos y {addresses} direcciones: ninguna 5xx; {stored} textos guardados, todos limpios"
    )


def _rows(house: House) -> dict[str, int]:
    """Una fila de cada cosa.

    La nota, nueva, porque solo quien la escribe la cambia; el rol, porque hay roles fijos; y la factura, para
    que sea un borrador.
    """
    ids = {name: house.stored(query) for name, query in ROWS.items()}
    expect([name for name, found in ids.items() if found is None], [], "filas que faltan en la muestra")
    visit = f"/appointments/{ids['appointment_id']}/notes"
    note = _made(house, "historia_clinica", visit, "note", observations="De ensayo")
    role = _made(house, "auth", "/roles", "role", name="De ensayo", permissions=[])
    draft = {"patient_id": ids["patient_id"], "subtotal": 10, "iva_rate": 0}
    return {**ids, **note, **role, **_made(house, "facturacion", "/invoices", "invoice", **draft)}


def _made(house: House, service: str, path: str, kind: str, **body: Any) -> dict[str, int]:
    key = f"{kind}_id"
    return {key: house.admin.call(service, "POST", path, body).data[kind][key]}


# De control, que cambian el sentido de la lectura, que no se ven o que no son caracteres.
_INVISIBLE = (
    r"[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f"
    r"\u2028-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff]"
)
_TEXT_COLUMNS = """
    select table_name, column_name
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE' and data_type = 'text'
"""


def _invisible(house: House) -> Iterator[str]:
    """Ninguna columna de texto de la base guarda lo que no se ve ni lo que se escribe de dos maneras."""
    with house.database() as cursor:
        cursor.execute(_TEXT_COLUMNS)
        for table, column in cursor.fetchall():
            cursor.execute(
                f'select "{column}" from "{table}" where "{column}" ~ %s or "{column}" is not nfc normalized',
                (_INVISIBLE,),
            )
            if row := cursor.fetchone():
                yield f"{table}.{column} guarda {row[0]!r:.60}"
