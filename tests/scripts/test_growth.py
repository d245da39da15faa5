"""La clínica con que se mide al crecer cumple las reglas de la base, aunque se cargue sin disparadores."""

import psycopg2
import pytest

from benchmarks.growth import clinic
from common.config import load_settings
from common.migrate import prepare_database
from common.validators import cedula

PATIENTS = 400

# Lo que comprueban los disparadores, que al cargar están apagados; ninguna consulta debe encontrar filas.
BROKEN = {
    "totales de una factura que no son la suma de sus líneas": """
        SELECT invoice_id FROM invoices
        LEFT JOIN (SELECT invoice_id, sum(subtotal) AS lines FROM invoice_items GROUP BY 1) l
          USING (invoice_id)
        LEFT JOIN (SELECT invoice_id, sum(base) AS base, sum(iva) AS iva FROM invoice_taxes GROUP BY 1) t
          USING (invoice_id)
        WHERE (subtotal, subtotal, iva_amount) IS DISTINCT FROM (lines, base, t.iva)""",
    "cobros que pasan del total, o de lo no emitido": """
        SELECT invoice_id FROM invoices JOIN invoice_payments USING (invoice_id)
        GROUP BY invoice_id HAVING sum(amount) > total_amount OR invoice_number IS NULL""",
    "notas que devuelven más de lo facturado": """
        SELECT n.invoice_id FROM credit_notes n JOIN invoices i USING (invoice_id)
        WHERE n.total_amount <> i.total_amount OR NOT i.credited_in_full""",
    "saldos que no continúan el anterior": """
        SELECT movement_id FROM (
          SELECT *, lag(balance_after, 1, 0) OVER (PARTITION BY product_id ORDER BY movement_id) AS previous
          FROM stock_movements) m
        WHERE balance_after <> previous + quantity""",
    "existencias que no son la suma de sus movimientos": """
        SELECT product_id FROM products LEFT JOIN stock_movements USING (product_id)
        GROUP BY product_id HAVING stock_quantity <> coalesce(sum(quantity), 0)""",
    "números de factura con saltos": """
        SELECT max(invoice_number) FROM invoices
        HAVING right(max(invoice_number), 9)::int <> count(invoice_number)
          OR count(invoice_number) <> (SELECT last_number FROM invoice_sequences WHERE doc_code = '01')""",
}
ORPHANS = """
SELECT conname, format('SELECT count(*) FROM %s child WHERE NOT EXISTS
  (SELECT FROM %s parent WHERE %s) AND %s', conrelid::regclass, confrelid::regclass,
  string_agg(format('parent.%I = child.%I', p.attname, c.attname), ' AND '),
  string_agg(format('child.%I IS NOT NULL', c.attname), ' AND '))
FROM pg_constraint, unnest(conkey, confkey) AS pair(child, parent)
JOIN pg_attribute c ON true JOIN pg_attribute p ON true
WHERE contype = 'f' AND c.attrelid = conrelid AND c.attnum = pair.child
  AND p.attrelid = confrelid AND p.attnum = pair.parent
GROUP BY conname, conrelid, confrelid
"""


@pytest.fixture
def filled(database_url):
    """Un cursor de la base de las pruebas, llena."""
    prepare_database(load_settings())
    url = database_url.replace("+psycopg2", "")
    clinic.fill(url, clinic.Scale(PATIENTS))
    connection = psycopg2.connect(url)
    yield connection.cursor()
    connection.close()


def value(cursor, query):
    cursor.execute(query)
    return cursor.fetchone()[0]


def test_what_is_loaded_keeps_every_rule(filled):
    assert value(filled, "SELECT count(*) FROM appointments") == 5 * PATIENTS
    assert value(filled, "SELECT count(*) FROM invoices") > 2.5 * PATIENTS
    for what, query in BROKEN.items():
        filled.execute(query)
        assert filled.fetchall() == [], what
    filled.execute(ORPHANS)
    for name, query in filled.fetchall():
        assert value(filled, query) == 0, name


def test_every_document_is_a_valid_cedula(filled):
    filled.execute("SELECT doc_number FROM patients")
    for (number,) in filled.fetchall():
        assert cedula(number) == number


def test_it_can_go_on_working_after_the_load(filled):
    filled.execute(
        "INSERT INTO patients (doc_type, doc_number, first_name, last_name)"
        " VALUES ('CEDULA', '1710034065', 'Ana', 'Mora') RETURNING patient_id"
    )
    assert filled.fetchone()[0] == PATIENTS + 1
