"""Names of programs in words: `lookup_policy` is "look up policy" to nobody but "lookup policy" to all."""

from __future__ import annotations

import json
import re
from typing import Any

from django.utils.translation import gettext

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SEPARATORS = re.compile(r"[_\-./\s]+")
LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\)|\Z)")  # a preview may end in the address
EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+)(?<=\S)\*(?![\w*])")
LINE_MARK = re.compile(r"^[ \t]*(?:>|[-*+](?=[ ])) ?", re.MULTILINE)
MARKS = re.compile(r"\*{2,}|(?<!\w)_{2,}|_{2,}(?!\w)|`+")
MARKUP = re.compile(r"(?<!\S)#{1,6} |(?<!\S)\|(?:[-: |]*\|)*|\|(?!\S)")
IDENTIFIER = re.compile(r"[\w\-./ ]{1,80}\Z")


def in_words(name: str) -> str:
    """`lookupPolicy_v2` → "lookup policy v2"; a name that is a sentence stays as it is."""
    name = name.strip()
    if not IDENTIFIER.match(name):
        return name
    words = [word for word in SEPARATORS.sub(" ", CAMEL.sub(" ", name)).split() if word]
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)


def label(name: str) -> str:
    """The name in words, with a capital: for the left side of an outline."""
    words = in_words(name)
    return words[:1].upper() + words[1:]


def decoded(value: Any) -> Any:
    """Return the value that a JSON string holds; anything else as it is."""
    if isinstance(value, str) and value[:1] in {"{", "["} and value[-1:] in {"}", "]"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def said(value: Any, *, limit: int = 120) -> str:
    """The value in one line of words: "account: savings, limit: 3"."""
    text = one_line(decoded(value), depth=0)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def one_line(value: Any, *, depth: int) -> str:
    if depth > 3:
        return "…"
    match value:
        case None:
            return "–"
        case bool():
            return gettext("yes") if value else gettext("no")
        case dict() | list() if not value:
            return gettext("none")
        case dict():
            pairs = ((in_words(str(key)), one_line(item, depth=depth + 1)) for key, item in list(value.items())[:8])
            return ", ".join(f"{key}: {text}" for key, text in pairs)
        case list():
            return ", ".join(one_line(item, depth=depth + 1) for item in value[:8])
        case _:
            return " ".join(str(value)[:400].split())


def normal(text: str) -> str:
    """The text as it is compared: without differences in space and case."""
    return " ".join(text.split()).casefold()


def duration(seconds: float | None) -> str:
    """Seconds in words; whole ones are not given a decimal that nobody measured."""
    if seconds is None:
        return ""
    if seconds < 0.001:
        return gettext("< 1 ms")
    if seconds < 0.1:
        return gettext("%(number)s ms") % {"number": round(seconds * 1000)}
    if seconds < 60:
        return gettext("%(number)s s") % {"number": seconds if isinstance(seconds, int) else f"{seconds:.1f}"}
    minutes, rest = divmod(round(seconds), 60)
    return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}


def unmarked(text: str) -> str:
    """The beginning of a text on one line, without the marks of markdown."""
    text = EMPHASIS.sub(r"\1", LINK.sub(r"\1", LINE_MARK.sub("", text)))
    return " ".join(MARKUP.sub(" ", MARKS.sub("", text)).split())
