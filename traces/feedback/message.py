"""The body of `POST /api/feedback`, read strictly: what is there is what was meant."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NoReturn, Self

MAX_BYTES = 64 * 1024
MAX_TEXT = 10_000  # characters of a comment or a correction
MAX_CATEGORIES = 20
MAX_CATEGORY = 100
MAX_ID = 200  # characters of a user's id

TRACE_ID = re.compile(r"[\w.:-]{1,50}", re.ASCII)
OTEL_ID = re.compile(r"(?:tr-)?([0-9a-f]{32})", re.IGNORECASE)
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
THUMBS = {"up": True, "down": False}
WAYS = ("trace_id", "client_request_id", "traceparent")


class BadMessage(Exception):
    """What is wrong with the body, in words for who wrote the page that sends it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said. One of `trace_id` and `client_request_id` is set, and something is said."""

    trace_id: str = ""
    client_request_id: str = ""
    idempotency_key: str = ""
    thumbs: bool | None = None
    score: float | None = None
    categories: list[str] = field(default_factory=list)
    comment: str = ""
    correction: str = ""
    user_id: str = ""  # the application's
    anonymous_id: str = ""  # of who has none; the widget makes one for as long as the page is open
    page: str = ""

    @property
    def subject(self) -> str:
        """Who says it: whose earlier words this replaces."""
        return self.user_id or self.anonymous_id

    def content(self) -> dict[str, Any]:
        """Return what is kept until the trace is there."""
        here = {"trace_id", "client_request_id", "idempotency_key"}
        return {name: value for name, value in asdict(self).items() if name not in here and value not in (None, "", [])}

    @classmethod
    def of_content(cls, content: dict[str, Any]) -> Self:
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in content.items() if name in known})


def read_message(body: bytes, *, idempotency_key: str = "") -> tuple[Message, str]:
    """Return the message, and the publishable key if the body names it. Raises: BadMessage."""
    data = object_in(body)
    key = text_in(data, "key", 50)
    if unknown := sorted(set(data) - {each.name for each in fields(Message)} - {"key", "traceparent"}):
        refuse(f"Unknown field {unknown[0]!r:.60}.")
    trace_id, client_request_id = subject_of(data)
    message = Message(
        trace_id=trace_id,
        client_request_id=client_request_id,
        idempotency_key=idempotency_key or text_in(data, "idempotency_key", 100),
        thumbs=thumbs_in(data),
        score=score_in(data),
        categories=categories_in(data),
        comment=text_in(data, "comment", MAX_TEXT),
        correction=text_in(data, "correction", MAX_TEXT),
        user_id=text_in(data, "user_id", MAX_ID),
        anonymous_id=text_in(data, "anonymous_id", MAX_ID),
        page=text_in(data, "page", 1_000),
    )
    if len(message.idempotency_key) > 100:
        refuse("The idempotency key has more than 100 characters.")
    if not set(message.content()) - {"user_id", "anonymous_id", "page"}:
        refuse("Nothing is said: send thumbs, score, categories, comment or correction.")
    return message, key


def refuse(why: str) -> NoReturn:
    raise BadMessage(why)


def object_in(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        refuse("The body is not JSON.")
    if not isinstance(data, dict):
        refuse("The body is not a JSON object.")
    return data


def text_in(data: dict[str, Any], name: str, limit: int) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        refuse(f"{name} is not a text.")
    text = CONTROL.sub("", value).strip()
    if len(text) > limit:
        refuse(f"{name} has more than {limit} characters.")
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair
        refuse(f"{name} is not valid Unicode.")
    return text


def subject_of(data: dict[str, Any]) -> tuple[str, str]:
    """Return the trace's id, as it is stored, or the client's request id."""
    given = {way: text for way in WAYS if (text := text_in(data, way, 250))}
    if len(given) != 1:
        refuse("Say which answer it is about by exactly one of trace_id, client_request_id and traceparent.")
    if "client_request_id" in given:
        return "", given["client_request_id"]
    if "traceparent" in given:
        match = TRACEPARENT.fullmatch(given["traceparent"].lower())
        if match is None or not int(match[1], 16):
            refuse("traceparent is not as the W3C writes it: 00-<32 hex digits>-<16 hex digits>-<2 hex digits>.")
        return f"tr-{match[1]}", ""
    if match := OTEL_ID.fullmatch(given["trace_id"]):
        return f"tr-{match[1].lower()}", ""
    if not TRACE_ID.fullmatch(given["trace_id"]):
        refuse("trace_id is not a trace's id.")
    return given["trace_id"], ""


def thumbs_in(data: dict[str, Any]) -> bool | None:
    value = data.get("thumbs")
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in THUMBS:
        refuse("thumbs is neither “up” nor “down”.")
    return THUMBS[value]


def score_in(data: dict[str, Any]) -> float | None:
    value = data.get("score")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e6 or not math.isfinite(value):
        refuse("score is not a number between -1000000 and 1000000.")
    return value


def categories_in(data: dict[str, Any]) -> list[str]:
    value = data.get("categories")
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_CATEGORIES:
        refuse(f"categories is not a list of at most {MAX_CATEGORIES} texts.")
    texts = [text_in({"categories": each if each is not None else 0}, "categories", MAX_CATEGORY) for each in value]
    return list(dict.fromkeys(text for text in texts if text))
