"""Cómo se pregunta a la base. Quien declara consultas abre esta carpeta; los demás, `common/database.py`.

Una consulta se declara una vez, antes de las funciones que la piden, con la forma de sus filas:

    class PatientRow(TypedDict):
        patient_id: int
        full_name: str
        visits: int

    _ONE = FixedQuery(
        PatientRow,
        select(*columns(PatientRow, Patient, visits=_VISITS)).where(
            Patient.patient_id == bindparam("patient_id")
        ),
    )

y se pide con sus valores: `fetch_one(db, _ONE, patient_id=7)` da un `PatientRow` o None, y `mypy` sabe qué
columnas tiene. La fila es un TypedDict o una dataclass congelada; sus nombres son los de las columnas y, si
no coinciden, el programa no arranca.

- `fetch_all`, `fetch_one` y `fetch_value` leen; `write` y `write_rows` escriben. `db` es lo que dan
  `reading()`, `snapshot()` o `transaction()`.
- `ValueQuery(int, …)`: una sola columna. `VaryingQuery`: igual que `FixedQuery`, pero sin preparar en la
  base, porque la mejor manera de hacerla depende de sus valores.
- `FixedQuery(DetailRow, …, lines=_LINES)`: las filas de otra consulta, dentro de cada una.
- `FixedWrite(insert(…), "columna", …)`: una escritura; con `returning=`, lo que deja. Varias filas en un
  viaje, `insert_rows` y `given_rows`.
- Una lista con páginas y filtros es un `Listing` (`common/lists/listing.py`).

Por dentro: `statements` la escribe una vez, `driver` la prepara y la pide a psycopg2, `nested` junta unas
filas en otras, `reader` presta la conexión de una lectura y `connections` es el pozo.
"""
