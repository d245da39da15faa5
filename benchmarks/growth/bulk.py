"""Cargar de un golpe: sin disparadores, y con los índices aparte para hacerlos después, ya ordenados."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Se vuelven a crear al final, y crearlos comprueba cada unicidad y cada exclusión. Las claves foráneas y
# los CHECK no se quitan.
_CONSTRAINTS = """
SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', c.relname, k.conname),
  format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', c.relname, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'x') AND c.relname = ANY(%(tables)s)
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = k.conindid)
"""
_INDEXES = """
SELECT format('DROP INDEX %%I', i.relname), pg_get_indexdef(i.oid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = 'public'::regnamespace AND t.relname = ANY(%(tables)s)
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid)
"""
_SEQUENCES = """
SELECT format(
  'SELECT setval(pg_get_serial_sequence(%L, %L), coalesce(max(%I), 1), max(%I) IS NOT NULL) FROM %I',
  c.relname, a.attname, a.attname, a.attname, c.relname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attidentity <> ''
"""
_ROOM = {
    "session_replication_role": "replica",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "statement_timeout": "0",
    "lock_timeout": "0",
}


@contextmanager
def loading(cursor: Any, tables: list[str]) -> Iterator[None]:
    """Dentro, esas tablas se llenan deprisa; al salir tienen sus índices y los contadores van por su número.

    Todo en la transacción de quien llama: la base queda llena o como estaba.
    """
    for name, value in _ROOM.items():
        cursor.execute(f"SET LOCAL {name} = '{value}'")
    apart = []
    for query in (_CONSTRAINTS, _INDEXES):
        cursor.execute(query, {"tables": tables})
        apart += cursor.fetchall()
    for drop, _ in apart:
        cursor.execute(drop)
    yield
    for _, create in apart:
        cursor.execute(create)
    cursor.execute(_SEQUENCES)
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)
