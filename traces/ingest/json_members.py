"""The members of OTLP's JSON objects, checked and decoded; BadSpan says which is wrong."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from traces.ingest.incoming import MAX_DEPTH, BadSpan, TooDeep, clean_number, clean_text


def attributes_of(holder: dict[str, Any], *, depth: int = 0) -> dict[str, Any]:
    """Return an object's `attributes` as a dict; of a key that comes twice the last value."""
    return _pairs(holder, "attributes", depth)


def _pairs(holder: dict[str, Any], member: str, depth: int) -> dict[str, Any]:
    return {text_in(pair, "key"): value_of(pair.get("value"), depth) for pair in objects_in(holder, member)}


def value_of(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise TooDeep
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadSpan(f"An attribute's value must be an object such as {{'stringValue': …}}, not {value!r:.60}.")
    for kind, content in value.items():
        if content is not None and (read := SCALARS.get(kind)):
            return read(content)
        if content is not None and kind == "arrayValue":
            return [value_of(item, depth + 1) for item in list_in(value, kind, "values")]
        if content is not None and kind == "kvlistValue":
            return _pairs(object_in(value, kind), "values", depth + 1)
    return None


def _string(value: Any) -> str:
    return clean_text(value if isinstance(value, str) else json.dumps(value))


def _int(value: Any) -> int | float | str:
    try:
        return clean_number(int(value))
    except (TypeError, ValueError, OverflowError):
        raise BadSpan(f"{value!r:.60} is not an integer.") from None


def _double(value: Any) -> int | float | str:
    try:
        return clean_number(float(value))
    except (TypeError, ValueError, OverflowError):
        raise BadSpan(f"{value!r:.60} is not a number.") from None


def _bytes(value: Any) -> str:
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode()
    except (TypeError, ValueError, binascii.Error):
        raise BadSpan(f"{value!r:.60} is not base64.") from None


SCALARS: dict[str, Callable[[Any], Any]] = {
    "stringValue": _string,
    "boolValue": bool,
    "intValue": _int,
    "doubleValue": _double,
    "bytesValue": _bytes,
}


def time_in(holder: dict[str, Any], member: str) -> int:
    value = holder.get(member)
    try:
        return int(value or 0)
    except (TypeError, ValueError, OverflowError):
        raise BadSpan(f"{member} {value!r:.60} is not a time in nanoseconds.") from None


def text_in(holder: dict[str, Any], member: str) -> str:
    value = holder.get(member)
    if value is not None and not isinstance(value, str):
        raise BadSpan(f"{member} must be a string, not {value!r:.60}.")
    return clean_text(value or "")


def object_in(holder: dict[str, Any], member: str) -> dict[str, Any]:
    value = holder.get(member)
    if value is not None and not isinstance(value, dict):
        raise BadSpan(f"{member} must be an object, not {value!r:.60}.")
    return value or {}


def objects_in(holder: dict[str, Any], member: str) -> list[dict[str, Any]]:
    value = holder.get(member)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadSpan(f"{member} must be a list of objects.")
    return value


def list_in(holder: dict[str, Any], member: str, inner: str) -> list[Any]:
    value = object_in(holder, member).get(inner)
    if value is not None and not isinstance(value, list):
        raise BadSpan(f"{inner} must be a list.")
    return value or []
