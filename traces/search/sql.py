"""The few SQL expressions that the filter needs and Django has no lookup for."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, FloatField, Func, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler

from traces.search.patterns import FUNCTION

Sql = tuple[str, tuple[Any, ...]]


class Compared(Func):
    """`left <operator> right`, null when either is: unlike `~Q`, which would let nulls through."""

    template = "(%(expressions)s)"
    output_field = BooleanField()

    def __init__(self, left: Combinable, operator: str, right: object) -> None:
        super().__init__(left, Value(right), arg_joiner=f" {'<>' if operator == '!=' else operator} ")


class OfOneColumn(Func):
    """SQL of our own around one column, which it may name twice."""

    def column(self, compiler: SQLCompiler) -> Sql:
        sql, params = compiler.compile(self.get_source_expressions()[0])
        return sql, tuple(params)


class Like(OfOneColumn):
    """SQL's LIKE, where only % and _ are special; case counts, unless `any_case`."""

    output_field = BooleanField()

    def __init__(self, column: Combinable, pattern: str, *, any_case: bool) -> None:
        super().__init__(column)
        self.pattern = pattern
        self.any_case = any_case

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"({sql} {'ILIKE' if self.any_case else 'LIKE'} %s ESCAPE '')", (*params, self.pattern)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        """SQLite's own LIKE ignores the case (of ASCII); GLOB stands in where it counts."""
        sql, params = self.column(compiler)
        if self.any_case:
            return f"({sql} LIKE %s)", (*params, self.pattern)
        return f"({sql} GLOB %s)", (*params, glob_of(self.pattern))


class LikeInJson(Like):
    """LIKE over the text of a JSON column: the pattern is escaped as the database keeps JSON."""

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        pattern = json.dumps(self.pattern, ensure_ascii=False)[1:-1]
        return f"({sql}::text {'ILIKE' if self.any_case else 'LIKE'} %s ESCAPE '')", (*params, pattern)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        escaped = self.copy()
        escaped.pattern = json.dumps(self.pattern)[1:-1]
        return super(LikeInJson, escaped).as_sqlite(compiler, connection)


def glob_of(pattern: str) -> str:
    return re.sub(r"[*?\[]", r"[\g<0>]", pattern).replace("%", "*").replace("_", "?")


class JsonText(OfOneColumn):
    """A JSON value as people write it: true, 4, text without quotes; lists and objects as JSON."""

    output_field = TextField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"({sql} #>> '{{}}')", params

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        words = f"CASE JSON_TYPE({sql}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'"
        return f"{words} ELSE CAST(JSON_EXTRACT({sql}, '$') AS TEXT) END", params * 2


class JsonNumber(OfOneColumn):
    """A JSON value if it is a number, else null."""

    output_field = FloatField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"(CASE JSONB_TYPEOF({sql}) WHEN 'number' THEN ({sql})::float8 END)", params * 2

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        numeric = f"CASE WHEN JSON_TYPE({sql}) IN ('integer', 'real')"
        return f"{numeric} THEN JSON_EXTRACT({sql}, '$') END", params * 2


class Plain(OfOneColumn):
    """A column without its index: for SQLite, which has no statistics, when another index is the better way."""

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        return self.column(compiler)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"(+{sql})", params


class Matches(OfOneColumn):
    """Whether a pattern of traces.search.patterns is found anywhere in the column."""

    output_field = BooleanField()

    def __init__(self, column: Combinable, pattern: str) -> None:
        super().__init__(column)
        self.pattern = pattern

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"({sql} ~ %s)", (*params, self.pattern)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"{FUNCTION}(%s, {sql})", (self.pattern, *params)


class Holds(OfOneColumn):
    """Whether words are among those of a column, which has one space between two."""

    output_field = BooleanField()

    def __init__(self, column: Combinable, words: str) -> None:
        super().__init__(column)
        self.words = words

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"(STRPOS(' ' || {sql} || ' ', %s) > 0)", (*params, self.words)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = self.column(compiler)
        return f"(INSTR(' ' || {sql} || ' ', %s) > 0)", (*params, self.words)
