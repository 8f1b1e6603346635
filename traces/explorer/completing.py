"""What can stand at a place of a filter: keys, operators, values that are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from traces.explorer import known
from traces.models import Experiment, TraceState
from traces.search.conditions import COLUMNS, PARTS
from traces.search.grammar import entity_and_key

MOST = 12
TOKEN = re.compile(
    r"""'(?:[^']|'')*'?|!=|<>|<=|>=|[=<>(),]|-?\d[\w.]*|"""
    r"""[^\W\d][\w-]*(?:\.(?:`[^`]*`?|"[^"]*"?|[\w:/-]*))*|\S""",
)
KEYS = [
    "status", "name", "timestamp", "execution_time_ms", "end_time", "request_id", "client_request_id", "run_id",
    "session_id", "user_id", "experiment_id", "trace.text", "prompt", "feedback.", "expectation.", "tag.", "metadata.",
    "span.name", "span.type", "span.status", "span.content", "span.attributes.", "issue.id",
]  # fmt: skip
SPAN_TYPES = [
    "AGENT", "CHAIN", "CHAT_MODEL", "EMBEDDING", "LLM", "MEMORY", "PARSER", "RERANKER", "RETRIEVER", "TOOL",
]  # fmt: skip
TIMES = ["1 hour ago", "24 hours ago", "7 days ago", "30 days ago"]
OF_TEXT = ["=", "!=", "LIKE", "ILIKE", "RLIKE", "IN (", "NOT IN ("]
OF_KEY = ["=", "!=", "LIKE", "ILIKE", "RLIKE", "IS NULL", "IS NOT NULL"]
OF_NUMBER = [">", ">=", "<", "<=", "=", "!="]
SIGNS = {"(", ")", ",", "=", "!=", "<>", "<", "<=", ">", ">="}  # complete as they stand
NUMBERS = {"timestamp", "timestamp_ms", "execution_time", "execution_time_ms", "end_time", "end_time_ms"}


@dataclass(frozen=True)
class Option:
    text: str  # what takes the place of what was typed
    kind: str  # in words: what it is
    label: str = ""  # what is shown, if something else


@dataclass(frozen=True)
class Completion:
    """The options for the characters from `start` to `end` of the filter."""

    start: int
    end: int
    options: list[Option]


def complete(text: str, caret: int) -> Completion:
    """Return what can stand where the caret is. Queries: at most 40, each a step of an index."""
    before = [(match[0], match.start()) for match in TOKEN.finditer(text[:caret])]
    is_begun = before and before[-1][1] + len(before[-1][0]) == caret and before[-1][0] not in SIGNS
    typed, start = before.pop() if is_begun else ("", caret)
    words = [word for word, _start in before]
    options = [option for option in expected(words, typed) if fits(option, typed)]
    return Completion(start, caret, options[:MOST])


def fits(option: Option, typed: str) -> bool:
    begun, said = bare(typed), bare(option.text)
    return said.startswith(begun) and said.strip() != begun or (len(begun) > 1 and begun in (option.label or said))


def bare(text: str) -> str:
    return re.sub(r"[`\"']", "", text.casefold())


def expected(words: list[str], typed: str) -> Iterator[Option]:
    """Yield what may follow complete words: key, operator, value and AND take turns."""
    clause = clause_begun(words)
    if not clause:
        return keys(typed)
    if len(clause) == 1 or clause[1:] in (["IS"], ["IS", "NOT"], ["NOT"]):
        return operators(*entity_and_key(clause[0]), clause[1:])
    is_list = "(" in clause
    if (is_list and clause[-1] in {"(", ","}) or (not is_list and len(clause) == 2 and clause[-1] != "NULL"):
        return values(*entity_and_key(clause[0]))
    if is_list and clause[-1] != ")":
        return iter([Option(", ", _("another value")), Option(") ", _("end of the list"))])
    return iter([Option("AND ", _("and"))])


def clause_begun(words: list[str]) -> list[str]:
    upper = [word.upper() for word in words]
    begin = len(upper) - upper[::-1].index("AND") if "AND" in upper else 0
    return [words[begin], *upper[begin + 1 :]] if begin < len(words) else []


def keys(typed: str) -> Iterator[Option]:
    entity, dot, begun = typed.partition(".")
    part = PARTS.get(entity.lower()) if dot else None
    if part in {"feedback", "expectation"}:
        return named(entity, known.assessment_names(), _("assessment"))
    if part in {"tags", "metadata"}:
        return named(entity, known.keys_of(part), _("tag") if part == "tags" else _("metadata"))
    return (Option(key if key.endswith(".") else f"{key} ", kind_of(key)) for key in KEYS)


def named(entity: str, names: list[str], kind: str) -> Iterator[Option]:
    for name in names:
        is_plain = re.fullmatch(r"[\w:/.-]+", name)
        yield Option(f"{entity}.{name if is_plain else f'`{name}`'} ", kind)


def kind_of(key: str) -> str:
    return _("part of it") if "." in key else _("trace")


def operators(entity: str, key: str, begun: list[str]) -> Iterator[Option]:
    part = PARTS.get(entity)
    if part == "trace" and key in NUMBERS:
        return (Option(f"{sign} ", _("comparison")) for sign in OF_NUMBER)
    if (part == "trace" and key == "text") or (part == "span" and key == "content"):
        return (Option(f"{sign} ", _("comparison")) for sign in ("ILIKE", "LIKE"))
    signs = OF_KEY if part in {"tags", "metadata", "feedback", "expectation"} else OF_TEXT
    lead = " ".join(begun)
    rest = [sign.removeprefix(lead).lstrip() for sign in signs if sign.startswith(lead)]
    return (Option(sign if sign.endswith("(") else f"{sign} ", _("comparison")) for sign in rest)


def values(entity: str, key: str) -> Iterator[Option]:
    part, column = PARTS.get(entity), COLUMNS.get(key)
    if part == "trace" and column == "experiment_id":
        rows = Experiment.objects.values_list("pk", "name")[:MOST]
        return (Option(f"{pk} ", _("experiment"), f"{pk} · {name}") for pk, name in rows)
    find: Callable[[], list[str]] = {
        ("trace", "state"): lambda: [*TraceState.values],
        ("trace", "name"): known.trace_names,
        ("trace", "request_time"): lambda: TIMES,
        ("trace", "end_time"): lambda: TIMES,
        ("span", "type"): lambda: SPAN_TYPES,
        ("span", "status"): lambda: ["OK", "ERROR", "UNSET"],
    }.get((part or "", (column or key) if part == "trace" else key), lambda: [])
    if part in {"feedback", "expectation"}:
        return quoted(known.assessed_values(key))
    return quoted(known.values_of(part, key) if part in {"tags", "metadata"} else find())


def quoted(values: list[str]) -> Iterator[Option]:
    for value in values:
        yield Option("'{}' ".format(value.replace("'", "''")), _("value"))
