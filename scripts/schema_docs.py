"""`arquitecturaBD.md` y `docs/bd-funciones.md`, sacados del esquema: `python -m scripts.schema_docs`.

Una prueba compara cada archivo con lo que este módulo escribe, así que no pueden quedarse viejos.
"""

import sys
from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Column, Constraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import CreateIndex

from common.config import PROJECT_ROOT
from common.tables import Base
from common.tables.guards import figure_views, installed

TABLES = PROJECT_ROOT / "arquitecturaBD.md"
FUNCTIONS = PROJECT_ROOT / "docs" / "bd-funciones.md"
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

OWNERS = {
    "common.tables.auth": "Autenticación",
    "common.tables.inventario": "Inventario",
    "common.tables.historia_clinica": "Historia clínica",
    "common.tables.citas": "Citas",
    "common.tables.facturacion": "Facturación",
    "common.tables.credit_notes": "Notas de crédito",
    "common.tables.sri": "Facturación electrónica",
    "common.tables.platform": "Plataforma",
    "common.tables.figures": "Cifras",
    "common.tables.search": "Búsqueda",
}

INTRODUCTION = """# Arquitectura de la base de datos

Una sola base PostgreSQL (13 o posterior) guarda la clínica entera. La comparten los cinco servicios, cada
uno dueño de sus tablas: las escribe solo él y los demás las leen por columna. El esquema se declara una vez
en `common/tables/` y se crea con las migraciones de `common/migrations/`; este documento sale de esa
declaración (`.venv/bin/python -m scripts.schema_docs`) y una prueba falla si se queda viejo. El texto de las
funciones, las vistas y los disparadores está en [docs/bd-funciones.md](docs/bd-funciones.md).

## Qué reglas guarda la base

La aplicación explica; la base impide. Aunque un programa se equivoque, ninguna de estas cosas puede ocurrir:

- dos citas vivas que se crucen, de un mismo doctor o de un mismo paciente (`EXCLUDE` sobre `[inicio, fin)`);
- una existencia bajo cero, o que no sea el saldo de su kardex (disparador diferido), o un saldo que no
  continúe el anterior;
- dos documentos, correos, códigos de producto o números de factura iguales;
- dos facturas vigentes de una misma visita, una factura emitida sin número, o un total que no sea la suma;
- una nota de un paciente distinto al de la cita;
- un movimiento, una versión de nota, un cambio de estado o una entrada de auditoría corregidos o borrados.

Convenciones: nombres en inglés; dinero `NUMERIC(14, 2)` en dólares; cantidades `NUMERIC(14, 3)`; instantes
`TIMESTAMP WITH TIME ZONE`; nada a lo que otra fila se refiera se borra: se desactiva (`is_active`).
"""


FUNCTIONS_INTRODUCTION = """# Funciones, vistas y disparadores de la base

Lo que la base impide o calcula y una tabla no puede declarar. Sale de `common/tables/` con
`.venv/bin/python -m scripts.schema_docs`, y una prueba falla si se queda viejo. Las tablas, en
[arquitecturaBD.md](../arquitecturaBD.md).
"""


def tables() -> str:
    """El documento de las tablas."""
    return "\n".join([INTRODUCTION, _index_of_tables(), *map(_area, OWNERS)])


def _area(module: str) -> str:
    diagram = [relation for table in _tables_of(module) for relation in _relations(table)]
    drawn = ["```mermaid", "erDiagram", *diagram, "```\n"] if diagram else []
    return "\n".join([f"## {OWNERS[module]}\n", *drawn, *map(_table, _tables_of(module))])


def _index_of_tables() -> str:
    lines = ["## Las tablas\n", "| tabla | área | qué guarda |", "|---|---|---|"]
    for module, owner in OWNERS.items():
        for table in _tables_of(module):
            lines.append(f"| [`{table.name}`](#{table.name}) | {owner} | {table.comment} |")
    return "\n".join([*lines, ""])


def _tables_of(module: str) -> list[Table]:
    mappers = [m for m in Base.registry.mappers if m.class_.__module__ == module]
    order = list(sys.modules[module].__dict__.values())
    ordered = sorted(mappers, key=lambda mapper: order.index(mapper.class_))
    return [mapper.local_table for mapper in ordered if isinstance(mapper.local_table, Table)]


def _relations(table: Table) -> Iterator[str]:
    for column in table.columns:
        for key in column.foreign_keys:
            many = "o|" if column.unique or (column.primary_key and len(table.primary_key) == 1) else "o{"
            one = "|o" if column.nullable else "||"
            yield f'    {key.column.table.name} {one}--{many} {table.name} : "{column.name}"'


def _table(table: Table) -> str:
    lines = [f"### `{table.name}`\n", f"{table.comment}\n"]
    lines += ["| columna | tipo | obligatoria | significado |", "|---|---|---|---|"]
    lines += [_column(column) for column in table.columns]
    rules = [*_constraints(table), *_indexes(table)]
    if rules:
        lines += ["", *rules]
    return "\n".join([*lines, ""])


def _column(column: "Column[object]") -> str:
    kind = column.type.compile(dialect=DIALECT)
    targets = sorted(key.column.table.name for key in column.foreign_keys)
    marks = "".join(f" → `{target}`" for target in targets)
    name = f"**`{column.name}`**" if column.primary_key else f"`{column.name}`"
    required = "" if column.nullable else "sí"
    return f"| {name} | {kind} | {required} | {(column.comment or '').replace('|', '∣')}{marks} |"


def _constraints(table: Table) -> Iterator[str]:
    for constraint in sorted(table.constraints, key=lambda c: str(c.name)):
        text = _rule(constraint)
        if text:
            yield f"- `{constraint.name}`: {text}"


def _rule(constraint: Constraint) -> str | None:
    if isinstance(constraint, CheckConstraint):
        return f"`{constraint.sqltext}`"
    if isinstance(constraint, UniqueConstraint):
        return f"único ({', '.join(column.name for column in constraint.columns)})"
    if isinstance(constraint, ExcludeConstraint):
        where = f", solo donde `{constraint.where}`" if constraint.where is not None else ""
        parts = ", ".join(f"`{_text(item[0])}` {item[2]}" for item in constraint._render_exprs)
        return f"no se repiten a la vez {parts}{where}"
    return None


def _text(expression: object) -> str:
    return str(getattr(expression, "name", None) or expression)


def _indexes(table: Table) -> Iterator[str]:
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        kind = "índice único" if index.unique else "índice"
        yield f"- `{index.name}`: {kind} `{_index_expression(index)}`"


def _index_expression(index: Index) -> str:
    statement = " ".join(str(CreateIndex(index).compile(dialect=DIALECT)).split())
    return statement.partition(" ON ")[2].partition(" ")[2]


def functions() -> str:
    """El documento de lo que no es una tabla."""
    extensions = ", ".join(f"`{name}`" for name in installed.EXTENSIONS)
    lines = [FUNCTIONS_INTRODUCTION, f"Extensiones: {extensions}.\n"]
    parts = {
        "Funciones": installed.FUNCTIONS,
        "Vistas": figure_views.VIEW_STATEMENTS,
        "Disparadores": installed.TRIGGERS,
    }
    for title, statements in parts.items():
        declared = [statement.strip() + ";\n" for statement in statements]
        lines += [f"## {title}\n", "```sql", *declared, "```", ""]
    return "\n".join(lines)


DOCUMENTS = {TABLES: tables, FUNCTIONS: functions}


def main() -> int:
    """Escribe los archivos."""
    for file, render in DOCUMENTS.items():
        file.write_text(render(), encoding="utf-8")
        print(f"Escrito {file.relative_to(PROJECT_ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
