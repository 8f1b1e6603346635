"""JSON that strangers wrote, and values at a path in it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

Json = Any  # decoded JSON
# What hostile or merely unexpected shapes raise when they are read as if they had the right one.
NOT_OF_SHAPE = (AttributeError, TypeError, LookupError, ValueError, RecursionError)
STEP = re.compile(r"[^.\[\]]+|\[\*\]")
MAX_DEPTH = 100


def finite(written: str) -> float | None:
    number = float(written)
    return number if math.isfinite(number) else None


# No database takes NaN and Infinity, which are no JSON, or 1e999, which is.
DECODER = json.JSONDecoder(parse_constant=lambda name: None, parse_float=finite)


def decoded(text: str) -> Json:
    """Raises: ValueError, also where it is nested too deeply for who reads and keeps it."""
    try:
        value = DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if text.count("[") + text.count("{") > MAX_DEPTH and is_deep(value):
        raise ValueError("nested too deeply")
    return value


def is_deep(value: Json) -> bool:
    """Whether lists and objects are in one another more than MAX_DEPTH times."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def at(value: Json, path: str) -> Json:
    """Return what is at a dotted path, None if nothing: `a.b.0.c`, `a[-1].b`, `$.docs[*].text` (a list)."""
    return walk(value, [step for step in STEP.findall(path) if step != "$"])


def walk(value: Json, steps: list[str]) -> Json:
    for n, step in enumerate(steps):
        if step in ("[*]", "*"):
            return [walk(item, steps[n + 1 :]) for item in value] if isinstance(value, list) else None
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.removeprefix("-").isdecimal():
            index = int(step)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
    return value


def first_at(value: Json, paths: Iterable[str]) -> Json:
    """Return what is at the first of these paths that leads to something."""
    for path in paths:
        found = at(value, path)
        if found not in (None, "", [], {}):
            return found
    return None


def text_of(content: Json) -> str:
    """Return the text of content that is a string, or a list of strings and parts with a text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(part.get("text") if isinstance(part, dict) else part) for part in content)
    return ""


def name_of(value: Json) -> str:
    """Return an id or name as text that fits its column."""
    return str(value)[:250] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def number_of(value: Json) -> int | None:
    """Return a count, None where it is none that a database holds."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if is_count else None
