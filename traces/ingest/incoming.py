"""A span on its way in, free of any wire format; and the values that every database can hold."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

MAX_TIME_NS = 2**63 - 1  # the year 2262: what a 64-bit column holds
MAX_DEPTH = 64  # levels of lists and objects in one value


class BadSpan(ValueError):
    """One span that can't be kept; the message says why. Its neighbours can."""


class TooDeep(ValueError):
    """A value with more than `MAX_DEPTH` levels."""

    def __init__(self) -> None:
        super().__init__(f"A value is nested more than {MAX_DEPTH} levels deep.")


@dataclass(slots=True)
class IncomingSpan:
    """One span as it came, decoded to plain JSON. Satisfies `traces.dialects.spans.SpanLike`."""

    trace_id: str  # 32 hex digits
    span_id: str  # 16 hex digits
    start_time_ns: int
    end_time_ns: int | None = None
    parent_id: str = ""
    name: str = ""
    scope: str = ""
    status: str = "UNSET"  # UNSET, OK, ERROR
    status_message: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)  # {name, time_unix_nano, attributes}
    links: list[dict[str, Any]] = field(default_factory=list)  # {trace_id, span_id, attributes}
    logs: list[dict[str, Any]] | None = None  # {name, time_unix_nano, body, attributes}: log records that name it
    resource: dict[str, Any] = field(default_factory=dict)
    is_stand_in: bool = False  # only log records came of it so far


@dataclass(slots=True)
class IncomingRecord:
    """One log record that tells something of a span."""

    trace_id: str  # 32 hex digits
    span_id: str  # 16 hex digits
    name: str  # of the event, empty where it has none
    time_unix_nano: int
    body: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    scope: str = ""
    resource: dict[str, Any] = field(default_factory=dict)

    def as_event(self) -> dict[str, Any]:
        """Return what is kept of it, in the shape of a span's event."""
        return {
            "name": self.name,
            "time_unix_nano": self.time_unix_nano,
            "body": self.body,
            "attributes": self.attributes,
        }


def clean_id(value: object, length: int, what: str) -> str:
    """Return an id as lower-case hex digits; raise BadSpan when it is not one, or all zero."""
    text = value.lower() if isinstance(value, str) else ""
    if len(text) != length or text.strip("0123456789abcdef"):
        raise BadSpan(f"{what} {value!r:.60} is not {length} hex digits.")
    if not text.strip("0"):
        raise BadSpan(f"{what} is all zeros.")
    return text


def clean_time(value: int, what: str) -> int:
    """Return a time in nanoseconds since 1970; raise BadSpan for one that no clock shows."""
    if not 0 < value <= MAX_TIME_NS:
        raise BadSpan(f"{what} {value} is not between 1970 and 2262 in nanoseconds.")
    return value


def clean_text(text: str) -> str:
    """Return a text that every database holds: NUL as U+2400, half surrogates as U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\u2400")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean_number(number: int | float) -> int | float | str:
    """Return a number that JSON and 64 bits hold, and any other as its text: `NaN`, `Infinity`, 2**70."""
    if isinstance(number, int):
        return number if -(2**63) <= number < 2**64 else str(number)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def clean_json(value: Any, *, depth: int = 0) -> Any:
    """Return decoded JSON that every database holds; raise TooDeep."""
    if depth > MAX_DEPTH:
        raise TooDeep
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_json(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_json(item, depth=depth + 1) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    return clean_number(value)
