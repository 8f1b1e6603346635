"""From the text of a filter to its clauses: `clause (AND clause)*`, `clause = [entity.]key operator value`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from django.utils.translation import gettext as _

MAX_LENGTH = 4_000  # characters; nobody types more, and every clause is a condition in SQL
MAX_CLAUSES = 20
COMPARISONS = {"=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "RLIKE"}

TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*')
    | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    | (?P<operator>!=|<>|<=|>=|=|<|>)
    | (?P<mark>[(),])
    | (?P<word>(?:[^\W\d][\w-]*)(?:\.(?:`[^`]*`|"[^"]*"|[\w:/-]+))*|"[^"]*")
    )""",
    re.VERBOSE,
)


class FilterError(ValueError):
    """A filter that cannot be understood: `message` for people, `position` in characters from its start."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    position: int

    @property
    def keyword(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True)
class Clause:
    """One condition as it was written. `value` is None for IS NULL and IS NOT NULL, a list for IN and NOT IN."""

    entity: str  # "" when none was written
    key: str
    operator: str
    value: str | int | float | list[str] | None
    position: int  # of the key
    value_position: int

    @property
    def said(self) -> str:
        """What it looks at, as it was written."""
        return f"{self.entity}.{self.key}" if self.entity else self.key

    def refuse(self, message: str) -> NoReturn:
        raise FilterError(message, self.position)

    def refuse_value(self, message: str) -> NoReturn:
        raise FilterError(message, self.value_position)


def parse(text: str) -> list[Clause]:
    """Return the clauses of a filter; [] for an empty one. Raises FilterError."""
    if len(text) > MAX_LENGTH:
        raise FilterError(_("The filter is longer than %(n)d characters.") % {"n": MAX_LENGTH}, MAX_LENGTH)
    clauses = Reader(text).clauses() if text.strip() else []
    if len(clauses) > MAX_CLAUSES:
        raise FilterError(_("Too many conditions: at most %(n)d.") % {"n": MAX_CLAUSES}, clauses[MAX_CLAUSES].position)
    return clauses


class Reader:
    """Walks over the tokens once, left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.end = Token("end", "", len(text.rstrip()))
        self.at = 0

    def peek(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.end

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def clauses(self) -> list[Clause]:
        found = [self.clause()]
        while (token := self.take()).kind != "end":
            if token.keyword == "OR":
                raise FilterError(_("OR is not understood: conditions can only be joined by AND."), token.position)
            if token.keyword != "AND":
                message = _("Expected AND before “%(text)s”.") % {"text": token.text}
                raise FilterError(message, token.position)
            found.append(self.clause())
        return found

    def clause(self) -> Clause:
        token = self.take()
        if token.text == "(":
            raise FilterError(_("Parentheses around conditions are not understood."), token.position)
        if token.kind != "word" or token.text.startswith('"'):
            raise FilterError(_("Expected what to look at, such as status or tag.env."), token.position)
        entity, key = entity_and_key(token.text)
        operator = self.operator()
        at = self.peek().position
        if operator in {"IS NULL", "IS NOT NULL"}:
            return Clause(entity, key, operator, None, token.position, at)
        value = self.values() if operator in {"IN", "NOT IN"} else self.value()
        return Clause(entity, key, operator, value, token.position, at)

    def operator(self) -> str:
        token = self.take()
        word = "!=" if token.text == "<>" else token.keyword or token.text
        if word in COMPARISONS or word == "IN":
            return word
        if word == "NOT" and self.peek().keyword == "IN":
            self.take()
            return "NOT IN"
        if word == "IS":
            negated = self.peek().keyword == "NOT" and bool(self.take())
            if self.take().keyword == "NULL":
                return "IS NOT NULL" if negated else "IS NULL"
        raise FilterError(_("Expected a comparison such as =, != or LIKE."), token.position)

    def value(self) -> str | int | float:
        token = self.take()
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind == "string":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "word" and token.text.startswith('"'):
            return token.text[1:-1]
        if token.kind == "end":
            raise FilterError(_("The value is missing."), token.position)
        message = _("Put the value in single quotes: '%(text)s'.") % {"text": token.text}
        raise FilterError(message, token.position)

    def values(self) -> list[str]:
        if (token := self.take()).text != "(":
            raise FilterError(_("Expected a list in parentheses: ('a', 'b')."), token.position)
        found = [str(self.value())]
        while (token := self.take()).text == ",":
            found.append(str(self.value()))
        if token.text != ")":
            raise FilterError(_("The list is not closed: “)” is missing."), token.position)
        return found


def tokens_of(text: str) -> list[Token]:
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            if text[start] == "'":
                raise FilterError(_("This text is not closed: the second quote is missing."), start)
            raise FilterError(_("“%(text)s” is not understood.") % {"text": text[start]}, start)
        kind = str(match.lastgroup)
        tokens.append(Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return tokens


def entity_and_key(text: str) -> tuple[str, str]:
    """Split at the first dot; quotes around the key, or around parts of it, are dropped."""
    entity, dot, key = text.partition(".")
    return (entity.lower(), re.sub(r'[`"]', "", key)) if dot else ("", text.lower())
