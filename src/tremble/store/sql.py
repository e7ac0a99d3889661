"""Statement: SQL written once in SQLAlchemy Core, rendered once as text, run by the raw driver.

Running a ready text costs a quarter of executing through SQLAlchemy, and the same definition
renders for each database.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, Case, Column, ColumnElement, bindparam, case
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

#: What a column holds and a parameter may be.
Value = str | int | float | None
#: A row as the driver gives it, in the order of the statement's columns.
Row = tuple[Any, ...]

DIALECT = SQLiteDialect(paramstyle="named")


class Statement:
    """One statement; its parameters are the clause's `bindparam`s. Rendered once, when first used."""

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause

    @cached_property
    def _compiled(self) -> SQLCompiler:
        compiled = self._clause.compile(dialect=DIALECT)
        assert isinstance(compiled, SQLCompiler)
        return compiled

    @cached_property
    def text(self) -> str:
        """The SQL, with parameters as `:name`."""
        return str(self._compiled)

    @cached_property
    def constants(self) -> dict[str, Value]:
        """The parameters that stand in the clause as literal values."""
        return {
            name: bind.value
            for bind, name in self._compiled.bind_names.items()
            if not bind.required
        }


def binds(columns: Sequence[Column[Any]]) -> dict[str, BindParameter[Any]]:
    """Return a parameter of the same name for each of *columns*, for the values of an insert."""
    return {column.name: bindparam(column.name, type_=column.type) for column in columns}


def least(a: ColumnElement[Any], b: ColumnElement[Any]) -> Case[Any]:
    """Return the smaller of two values; the databases do not agree on a name for it."""
    return case((a < b, a), else_=b)


def greatest(a: ColumnElement[Any], b: ColumnElement[Any]) -> Case[Any]:
    """Return the greater of two values."""
    return case((a > b, a), else_=b)
