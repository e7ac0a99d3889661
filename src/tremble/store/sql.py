"""Statement: SQL written once in SQLAlchemy Core, rendered once as text, run by the raw driver.

Running a ready text costs a quarter of executing through SQLAlchemy, and the same definition
renders for each database. To insert or update, use `insert` of this module: both render it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

from msgspec import json
from sqlalchemy import (
    BindParameter,
    Case,
    Column,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Text,
    bindparam,
    case,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert as insert
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

#: What a column holds and a parameter may be.
Value = str | bytes | int | float | None
#: A row as the driver gives it, in the order of the statement's columns.
Row = tuple[Any, ...]

#: A parameter in the text of PostgreSQL, with its type.
PARAMETER = re.compile(r"\$(\d+)(?:::([A-Z]+))?")
#: An insert of one row of nothing but parameters, with none after it.
ONE_ROW = re.compile(r"(INSERT [^$]*)VALUES \(((?:\$\d+::[A-Z]+,? ?)+)\)([^$]*)")

#: A parameter in the text of SQLite.
NAMED = re.compile(r":([a-z_][a-z_0-9]*)")
#: A query for each of whose rows it is known which parameters found it: nothing is counted, sorted or cut.
PLAIN = re.compile(r"SELECT ((?:(?!SELECT).)*)\nFROM ((?:(?!SELECT).)*?) ?\nWHERE (.*)", re.DOTALL)
NOT_PLAIN = re.compile(r"\b(SELECT DISTINCT|GROUP BY|ORDER BY|LIMIT|UNION)\b|\(\s*SELECT|[a-z]+\(")


class Hinting(SQLiteCompiler):
    """Writes the hints of a query (`INDEXED BY`), which SQLAlchemy has for other databases alone."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


SQLITE = SQLiteDialect(paramstyle="named")
SQLITE.statement_compiler = Hinting

#: Takes the values out of parameters, in the order of a statement.
Pick = Callable[[Mapping[str, Value]], tuple[Value, ...]]


class Numbered:
    """A statement as PostgreSQL takes it: *text* has `$1`, `$2` in place of the parameters *names*."""

    def __init__(self, compiled: SQLCompiler) -> None:
        self.text = str(compiled)
        self.names = tuple(compiled.positiontup or ())
        self.constants = constants_of(compiled)

    @cached_property
    def text_each(self) -> str:
        """The query for many values of its parameters, which are lists then; a row begins with which."""
        query = PARAMETER.sub(r"given.p\1", self.text)
        return (
            f"SELECT given.position, found.* FROM unnest({self._given()}) "  # noqa: S608
            f"WITH ORDINALITY AS given({self._columns()}, position) "
            f"CROSS JOIN LATERAL ({query}) AS found"
        )

    @cached_property
    def text_many(self) -> str | None:
        """The insert of many rows, its parameters lists as above; None if it is no such statement.

        The server takes a row of it in a quarter of the time of a statement of its own.
        """
        found = ONE_ROW.fullmatch(self.text)
        if found is None:
            return None
        row = PARAMETER.sub(r"given.p\1", found[2])
        given = f"unnest({self._given()}) AS given({self._columns()})"
        return f"{found[1]}SELECT {row} FROM {given}{found[3]}"  # noqa: S608

    def _given(self) -> str:
        return ", ".join(f"${i + 1}::{self._kind(i)}[]" for i in range(len(self.names)))

    def _columns(self) -> str:
        return ", ".join(f"p{i + 1}" for i in range(len(self.names)))

    def _kind(self, i: int) -> str:
        found = [kind for number, kind in PARAMETER.findall(self.text) if number == str(i + 1)]
        assert found[0], f"parameter {self.names[i]} needs a type: {self.text}"
        return str(found[0])

    def arguments(self, parameters: Mapping[str, Value]) -> list[Value]:
        """Return *parameters* in the order of their numbers."""
        if self.constants:
            parameters = {**self.constants, **parameters}
        return [parameters[name] for name in self.names]

    def columns(self, each: Sequence[Mapping[str, Value]]) -> list[list[Value]]:
        """Return for each number the list of what *each* has there."""
        found = zip(*[self.arguments(parameters) for parameters in each], strict=True)
        return [list(column) for column in found]


class Statement:
    """One statement; its parameters are the clause's `bindparam`s. Rendered once, when first used."""

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause

    @cached_property
    def _sqlite(self) -> SQLCompiler:
        return compiled(self._clause, SQLITE)

    @cached_property
    def text(self) -> str:
        """The SQL, with parameters as `:name`."""
        return str(self._sqlite)

    @cached_property
    def constants(self) -> dict[str, Value]:
        """The parameters that stand in the clause as literal values."""
        return constants_of(self._sqlite)

    @cached_property
    def text_each(self) -> str | None:
        """The query for many values of its parameters, which are one JSON array `:given` then; a row
        begins with which. None if it is no query that can be asked so."""
        found = PLAIN.fullmatch(self.text)
        if found is None or NOT_PLAIN.search(self.text) or not self._given:
            return None
        columns, tables, condition = [
            NAMED.sub(lambda name: self._given.get(name[1], name[0]), part)
            for part in found.groups()
        ]
        given = "json_each(:given) AS given"
        return f"SELECT given.key, {columns} FROM {given} CROSS JOIN {tables} WHERE {condition}"  # noqa: S608

    @cached_property
    def given_names(self) -> tuple[str, ...]:
        """The parameters that an element of `:given` holds, or is if it is one."""
        names = dict.fromkeys(NAMED.findall(self.text))
        return tuple(name for name in names if name not in self.constants)

    @cached_property
    def _given(self) -> dict[str, str]:
        if len(self.given_names) == 1:
            return {self.given_names[0]: "given.value"}
        return {name: f"(given.value ->> {i})" for i, name in enumerate(self.given_names)}

    @cached_property
    def _pick_given(self) -> Pick:
        return picking(self.given_names)

    def given(self, each: Sequence[Mapping[str, Value]]) -> str:
        """Return *each* as the array `:given`."""
        rows = list(map(self._pick_given, each))
        return json.encode(list(chain(*rows)) if len(self.given_names) == 1 else rows).decode()

    @cached_property
    def _pick(self) -> Pick:
        return picking(tuple(dict.fromkeys(NAMED.findall(self.text))))

    def arguments(self, parameters: Mapping[str, Value]) -> tuple[Value, ...]:
        """Return *parameters* in the order in which SQLite numbers them."""
        if self.constants:
            parameters = {**self.constants, **parameters}
        return self._pick(parameters)

    @cached_property
    def numbered(self) -> Numbered:
        """The same for PostgreSQL."""
        # Its driver is not loaded by this, but the module is of no use to who has SQLite.
        from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

        return Numbered(compiled(self._clause, PGDialect_asyncpg()))  # type: ignore[no-untyped-call]


def picking(names: tuple[str, ...]) -> Pick:
    """Return what takes the values of *names* out of parameters: half the price of a loop."""
    if len(names) < 2:
        return lambda parameters: tuple([parameters[name] for name in names])
    return itemgetter(*names)


def compiled(clause: ClauseElement, dialect: Dialect) -> SQLCompiler:
    found = clause.compile(dialect=dialect)
    assert isinstance(found, SQLCompiler)
    return found


def constants_of(found: SQLCompiler) -> dict[str, Value]:
    return {name: bind.value for bind, name in found.bind_names.items() if not bind.required}


class hexadecimal(FunctionElement[str]):
    """16 hex digits of a number that is not negative; the databases do not agree on how to get them."""

    type = Text()
    inherit_cache = True


@compiles(hexadecimal, "sqlite")
def with_printf(element: hexadecimal, compiler: SQLCompiler, **options: Any) -> str:
    return f"printf('%016x', {compiler.process(element.clauses, **options)})"


@compiles(hexadecimal, "postgresql")
def with_to_hex(element: hexadecimal, compiler: SQLCompiler, **options: Any) -> str:
    return f"lpad(to_hex({compiler.process(element.clauses, **options)}), 16, '0')"


@compiles(Text, "postgresql")
def bytewise(kind: Text, compiler: Any, **options: Any) -> str:
    """Write the type of a column of text, which PostgreSQL is to compare by bytes as SQLite does."""
    return 'TEXT COLLATE "C"'


def binds(columns: Sequence[Column[Any]]) -> dict[str, BindParameter[Any]]:
    """Return a parameter of the same name for each of *columns*, for the values of an insert."""
    return {column.name: bindparam(column.name, type_=column.type) for column in columns}


def next_number(column: Column[Any]) -> ScalarSelect[Any]:
    """Return the number after the greatest in *column*, for a new row.

    Writers take turns, so it is free; and unlike a sequence it leaves no gap for what was undone.
    """
    return select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()


def holds(word: str) -> str:
    """Return the pattern of LIKE, with the escape \\, for what holds *word*."""
    plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def least(a: ColumnElement[Any], b: ColumnElement[Any]) -> Case[Any]:
    """Return the smaller of two values; the databases do not agree on a name for it."""
    return case((a < b, a), else_=b)


def greatest(a: ColumnElement[Any], b: ColumnElement[Any]) -> Case[Any]:
    """Return the greater of two values."""
    return case((a > b, a), else_=b)
