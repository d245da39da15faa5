"""Lo que hay escrito en la base, entero: para comparar antes y después."""

from psycopg2 import sql

from drills.house import House

# De cada tabla, cuántas filas y el resumen de todas.
Tables = dict[str, tuple[int, str]]


def tables(house: House) -> Tables:
    """El contenido de todas las tablas."""
    with house.database() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = current_schema() order by 1")
        names = [name for (name,) in cursor.fetchall()]
        one = sql.SQL(
            "select {name}, count(*), coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '')"
            " from {table} t"
        )
        parts = [one.format(name=sql.Literal(name), table=sql.Identifier(name)) for name in names]
        cursor.execute(sql.SQL(" union all ").join(parts))
        return {name: (rows, digest) for name, rows, digest in cursor.fetchall()}


def growth(before: Tables, after: Tables) -> dict[str, int]:
    """Cuántas filas más hay en cada tabla que cambió; cero si solo cambió alguna."""
    return {name: after[name][0] - before[name][0] for name in after if after[name] != before[name]}
