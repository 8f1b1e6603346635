"""Values inside attributes: JSON in strings, times to text, the texts inside a structure."""

from __future__ import annotations

import ast
import json
from typing import Any

from traces.dialects.spans import Json

MAX_DEPTH = 64  # levels; deeper JSON inside a string stays the string it was
MAX_LITERAL_CHARS = 20_000  # of a value as Python writes it


def decoded(value: Json) -> Json:
    """Return what a JSON object, list or string inside a string says; anything else as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "[", '"') or _too_deep(value):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def literal(value: Json) -> Json:
    """Return what a string says as JSON or as Python writes an object, `{'a': None}`; anything else as it is."""
    found = decoded(value)
    if not isinstance(found, str) or found[:1] not in {"{", "["} or len(found) > MAX_LITERAL_CHARS or _too_deep(found):
        return found
    try:
        return ast.literal_eval(found)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return found


def decoded_text(value: Json) -> str:
    """Return the string that an attribute holds, also when it was sent as a JSON string."""
    value = decoded(value)
    return value if isinstance(value, str) else ""


def as_dict(value: Json) -> dict[str, Any]:
    """Return the value, decoded, if it is an object; an empty one if not."""
    value = decoded(value)
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Any]:
    value = decoded(value)
    return value if isinstance(value, list) else []


def text_of(value: Json) -> str:
    """Return a value as a person reads it: a string as it is, anything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def whole_number(value: Json) -> int | None:
    """Return a count; programs send it as integer, float or string."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest > MAX_DEPTH
