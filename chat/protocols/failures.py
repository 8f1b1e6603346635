"""Errors in all their spellings, of a status or in the middle of a stream."""

from __future__ import annotations

import re

from chat.events import Failed, Fault, Json
from chat.protocols.decoding import decoded
from chat.protocols.mending import mended

MAX_DETAIL = 2000
TRACEBACK = "Traceback (most recent call last)"
MESSAGES = ("message", "detail", "error_message", "msg", "title", "Message", "error_description", "reason")
BUSY = re.compile(r"rate.?limit|overloaded|too.?many.?requests|throttl|quota|\b(429|503|529)\b", re.IGNORECASE)
KEY = re.compile(r"authenticat|api.?key|permission|unauthori[sz]ed|forbidden|\b(401|403)\b", re.IGNORECASE)
MISSING = re.compile(r"not.?found|no.?such|\b404\b", re.IGNORECASE)
ASKED = re.compile(r"invalid.?request|bad.?request|context.?length|validation|\b(400|413|422)\b", re.IGNORECASE)
OF_CODE = ((BUSY, Fault.BUSY), (KEY, Fault.REFUSED_KEY), (MISSING, Fault.NOT_FOUND), (ASKED, Fault.BAD_REQUEST))


def failure_in(value: Json) -> Failed:
    """Return the failure that an error of a stream tells: text, or an object in any spelling."""
    error = value.get("error", value) if isinstance(value, dict) else value
    return Failed(fault_of(error, value), message_in(error) or message_in(value))


def fault_of(*errors: Json) -> Fault:
    """Return what went wrong by the codes of an error, not by its words, which may say anything."""
    codes = " ".join(
        str(error[name])
        for error in errors
        if isinstance(error, dict)
        for name in ("code", "type", "status_code", "status", "error_code")
        if isinstance(error.get(name), str | int)
    )
    return next((fault for pattern, fault in OF_CODE if pattern.search(codes)), Fault.BROKEN)


def message_in(value: Json) -> str:
    """Return the message of an error, without stack traces, "" if there is none."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return plain("; ".join(filter(None, (message_in(each) for each in value[:5]))))
    if not isinstance(value, dict):
        return ""
    nested = value.get("error") or value.get("errors")
    if nested:
        found = message_in(nested)
        if found:
            return found
    return next((message for name in MESSAGES if (message := message_in(value.get(name)))), "")


def plain(text: str) -> str:
    """Return text of one paragraph: no tags, no stack trace, nothing that can't be kept, not too long."""
    text = mended(text[: 10 * MAX_DETAIL]).partition(TRACEBACK)[0]
    if re.match(r"\s*(<!doctype|<\w)", text, re.IGNORECASE):
        text = re.sub(r"(?is)<(script|style|head)\b.*?(</\1>|$)", " ", text)
        text = re.sub(r"<[^>]*>", " ", text)
    return " ".join(text.split())[:MAX_DETAIL]


def failure_of(status: int, body: bytes, retry_after_s: float | None) -> Failed:
    """Return the failure that an HTTP status and its body tell; the body may be JSON, a stream, HTML or text."""
    text = body.decode(errors="replace").strip()
    value = first_value(text)
    detail = message_in(value) if isinstance(value, dict | list) else plain(text)
    return Failed(fault_of_status(status, value), detail, status, retry_after_s)


def first_value(text: str) -> Json:
    """Return the JSON of a body, or of the first data of a stream; None if there is none."""
    written = [text, *(line[5:] for line in text.splitlines()[:20] if line.startswith("data:"))]
    for each in written:
        try:
            return decoded(each)
        except ValueError:
            continue
    return None


def fault_of_status(status: int, value: Json) -> Fault:
    if status in (429, 503, 529):
        return Fault.BUSY
    if status in (401, 403, 407):
        return Fault.REFUSED_KEY
    if status in (404, 405, 410):
        return Fault.NOT_FOUND
    if status >= 500:
        return Fault.BROKEN
    if status < 400:
        return Fault.NOT_UNDERSTOOD
    error = value.get("error") if isinstance(value, dict) else None
    told = fault_of({"code": error.get("code")}) if isinstance(error, dict) else Fault.BROKEN
    return Fault.NOT_FOUND if told is Fault.NOT_FOUND else Fault.BAD_REQUEST
