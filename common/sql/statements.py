"""Sentencias fijas: su SQL se escribe una vez y después solo viajan sus valores.

Armar y traducir una consulta cuesta más que hacerla. Además, casi todas se preparan en la sesión de la base
(`common/sql/driver.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property, partial
from typing import Any, Generic, NamedTuple, Never, TypeVar, cast, overload

from sqlalchemy import (
    ColumnElement,
    Delete,
    Dialect,
    Insert,
    Integer,
    Select,
    Table,
    TableValuedAlias,
    Update,
    any_,
    bindparam,
    column,
    func,
    insert,
    select,
)
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.sql.compiler import ExpandedState
from sqlalchemy.sql.expression import FromClause, SelectBase
from sqlalchemy.types import NullType

from common.sql.nested import Nested

_DIALECT: Dialect = PGDialect_psycopg2()  # type: ignore[no-untyped-call]

# Los valores de una fila, en el orden de sus columnas.
Values = Sequence[Any]
# Los valores que se dan a una sentencia, por su nombre.
Given = Mapping[str, Any]
# La forma de una fila: un TypedDict o una dataclass congelada, con un nombre por columna.
Row = TypeVar("Row")
Value = TypeVar("Value")


def names_of(row: type[Any]) -> tuple[str, ...]:
    """Los nombres de una forma de fila, en su orden."""
    return tuple(field.name for field in fields(row)) if is_dataclass(row) else tuple(row.__annotations__)


def columns(row: type[Any], table: Any, /, **computed: Any) -> list[ColumnElement[Any]]:
    """Las columnas que llenan una fila: las de la tabla con su mismo nombre y las que se dan aparte.

    :param table: una clase de `common.tables`, o una tabla.
    :param computed: las que no están en ella o llevan allí otro nombre.
    """
    of = table.c if isinstance(table, FromClause) else table
    return [computed[name].label(name) if name in computed else getattr(of, name) for name in names_of(row)]


def one_of_ids(key: Any) -> ColumnElement[bool]:
    """Que la columna sea uno de los números del parámetro `ids`: una lista que viaja como un solo valor."""
    found: ColumnElement[bool] = key == any_(bindparam("ids", type_=ARRAY(Integer())))
    return found


def given_rows(table: Table, *names: str) -> TableValuedAlias:
    """Unas filas que viajan como una lista por columna: cada una, un parámetro con su nombre.

    Así varias filas son una sola sentencia, siempre la misma.

    :param table: de la que esas columnas toman su tipo.
    """
    kinds = {name: table.c[name].type for name in names}
    lists = (bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items())
    given = func.unnest(*lists).table_valued(*(column(name, kind) for name, kind in kinds.items()))
    return given.render_derived()


def insert_rows(table: Table, *names: str, shared: Sequence[str] = ()) -> Insert:
    """La inserción de unas filas, las de :func:`given_rows`.

    :param shared: las columnas iguales en todas, que viajan como un solo valor.
    """
    given = given_rows(table, *names)
    # Con su tipo: un NULL suelto sería un texto.
    same = (sql_cast(bindparam(name), table.c[name].type) for name in shared)
    return insert(table).from_select([*names, *shared], select(*(given.c[name] for name in names), *same))


class Fixed(Generic[Row]):
    """Una sentencia cuyo texto no cambia; sus parámetros son los `bindparam` que lleva.

    Las filas llegan como las da psycopg2: con ninguno de nuestros tipos SQLAlchemy haría nada más.
    """

    statement: Any
    is_prepared = True
    _row: type[Row] | None = None

    @property
    def text(self) -> str:
        """El SQL."""
        return self._written.statement

    @property
    def constants(self) -> Given:
        """Los valores que nunca cambian."""
        return self._slots.constants

    @cached_property
    def types(self) -> dict[str, str]:
        """El tipo SQL de cada valor, si se sabe."""
        binds = self._compiled.bind_names.items()
        known = {name: bind.type for bind, name in binds if not isinstance(bind.type, NullType)}
        return {name: kind.compile(_DIALECT) for name, kind in known.items()}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Los nombres de sus columnas."""
        return tuple(self.statement.exported_columns.keys())

    def values(self, given: Given) -> dict[str, Any]:
        """Los valores que viajan: los constantes, los que se calculan cada vez y los dados.

        :raises TypeError: si se da uno que ya es constante en una sentencia preparada: quedó escrito en ella.
        """
        slots = self._slots
        if self.is_prepared and not slots.constants.keys().isdisjoint(given):
            raise TypeError(f"ya tienen valor: {sorted(slots.constants.keys() & given.keys())}")
        values = dict(slots.constants)
        for name, compute in slots.computed.items():
            values[name] = compute()
        for name, value in given.items():
            convert = slots.converters.get(name)
            values[name] = convert(value) if convert else value
        return values

    def records(self, rows: Iterable[Values]) -> list[Row]:
        """Las filas, con su forma."""
        if is_dataclass(self._row):
            return [self._row(*row) for row in rows]
        columns = self.columns
        return [cast(Row, dict(zip(columns, row, strict=True))) for row in rows]

    @cached_property
    def _compiled(self) -> Any:
        return self.statement.compile(dialect=_DIALECT)

    @cached_property
    def _written(self) -> ExpandedState:
        # Las listas constantes de un IN se escriben desplegadas; lo que falta lo dará cada petición.
        state: ExpandedState = self._compiled.construct_expanded_state(self._required)
        return state

    @cached_property
    def _required(self) -> dict[str, None]:
        return {name: None for bind, name in self._compiled.bind_names.items() if bind.required}

    @cached_property
    def _slots(self) -> "_Slots":
        converters = {**self._written.processors, **self._converters()}
        computed = self._computed()
        constants = {
            name: converters[name](value) if name in converters else value
            for name, value in self._written.parameters.items()
            # Quien olvida un valor recibe un error, no un NULL.
            if name not in self._required and name not in computed
        }
        return _Slots(constants, computed, converters)

    def _computed(self) -> dict[str, Callable[[], Any]]:
        """Los valores que se calculan cada vez."""
        return {name: bind.callable for bind, name in self._compiled.bind_names.items() if bind.callable}

    def _converters(self) -> dict[str, Callable[[Any], Any]]:
        """Lo que un tipo nuestro hace con su valor antes de enviarlo."""
        types = {name: bind.type.dialect_impl(_DIALECT) for bind, name in self._compiled.bind_names.items()}
        found = {name: kind.bind_processor(_DIALECT) for name, kind in types.items()}
        return {name: convert for name, convert in found.items() if convert is not None}


class FixedQuery(Fixed[Row]):
    """Una consulta fija.

    :param row: la forma de sus filas; sus nombres son los de las columnas.
    :param nested: otras, con los mismos parámetros, cuyas filas van en cada una de las suyas bajo ese nombre.
    :raises TypeError: si la sentencia no es de lectura, o sus columnas no son las de la fila.
    """

    def __init__(self, row: type[Row], statement: SelectBase, /, **nested: "FixedQuery[Any]") -> None:
        if not statement.is_select:
            raise TypeError("una consulta fija solo lee")
        self._nested = [Nested(name, inner.statement) for name, inner in nested.items()]
        self.statement: SelectBase = statement
        if isinstance(statement, Select):
            self.statement = statement.add_columns(*(one.column for one in self._nested))
        self._row = row
        check_columns(row, self.columns)

    def records(self, rows: Iterable[Values]) -> list[Row]:
        """Las filas, cada una con las que cuelgan de ella."""
        found = super().records(rows)
        for nested in self._nested:
            for record in found:
                nested.read(cast(dict[str, Any], record)[nested.name])
        return found


class VaryingQuery(FixedQuery[Row]):
    """Una consulta fija que no conviene preparar: la mejor manera de hacerla depende de sus valores."""

    is_prepared = False


class ValueQuery(FixedQuery[Value]):
    """Una consulta fija de una sola columna: sus filas son sus valores.

    :param kind: el tipo de cada valor.
    """

    def __init__(self, kind: type[Value], statement: SelectBase, /) -> None:
        super().__init__(kind, statement)

    def records(self, rows: Iterable[Values]) -> list[Value]:
        """Los valores."""
        return [row[0] for row in rows]


class FixedWrite(Fixed[Row]):
    """Una inserción, un cambio o un borrado fijos: solo por una transacción.

    :param columns: las que escribe, además de las que la tabla llena sola.
    :param returning: la forma de lo que devuelve, si devuelve algo.
    """

    @overload
    def __init__(self: "FixedWrite[Never]", statement: Insert | Update | Delete, *columns: str) -> None: ...

    @overload
    def __init__(self, statement: Insert | Update | Delete, *columns: str, returning: type[Row]) -> None: ...

    def __init__(
        self, statement: Insert | Update | Delete, *columns: str, returning: type[Row] | None = None
    ) -> None:
        if isinstance(statement, Insert) and not statement.exported_columns:
            # Sin esto SQLAlchemy pediría de vuelta la clave de cada fila, que nadie espera.
            statement = statement.inline()
        self.statement = statement
        self._columns = columns
        self._row = returning
        check_columns(returning, self.columns)

    @cached_property
    def _compiled(self) -> Any:
        return self.statement.compile(dialect=_DIALECT, column_keys=self._columns or None)

    def _computed(self) -> dict[str, Callable[[], Any]]:
        inserted = {column.key: column.default for column in self._compiled.insert_prefetch}
        updated = {column.key: column.onupdate for column in self._compiled.update_prefetch}
        # Lo que la tabla llena sola en Python, como el instante; no depende de quién lo pide.
        return {name: partial(default.arg, None) for name, default in (inserted | updated).items()}


def check_columns(row: type[Any] | None, found: Sequence[str]) -> None:
    """Comprueba que una fila tenga las columnas de su consulta; en una dataclass, también en su orden."""
    if row is None or not (is_dataclass(row) or hasattr(row, "__total__")):
        return
    declared = names_of(row)
    if set(declared) != set(found) or (is_dataclass(row) and declared != tuple(found)):
        raise TypeError(f"{row.__name__} declara {declared} y su consulta trae {tuple(found)}")


class _Slots(NamedTuple):
    """Los sitios de una consulta donde va un valor."""

    constants: Mapping[str, Any]
    computed: Mapping[str, Callable[[], Any]]
    converters: Mapping[str, Callable[[Any], Any]]
