"""What an endpoint says while it answers, whatever protocol it speaks.

A protocol yields events in the order of arrival; `chat.answering` closes each answer with exactly
one `Ended`. The turn runner numbers them, and they are kept as JSON: `as_json`, `from_json`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

Json = Any  # decoded JSON


class Reason(StrEnum):
    """How an answer ended. The first four are what endpoints call a finish reason."""

    STOP = "stop"  # said all it wanted
    LENGTH = "length"  # the limit of tokens was reached
    TOOL_CALLS = "tool_calls"  # it waits for a tool that somebody else should run
    CONTENT_FILTER = "content_filter"
    UNMARKED = "unmarked"  # a clean end without an end marker: perhaps all, perhaps not
    CUT_OFF = "cut_off"  # the connection broke in the middle
    STOPPED = "stopped"  # by the person
    ERROR = "error"  # see `Failed`, which came before


class Fault(StrEnum):
    """What went wrong, for the sentence that the expert reads: chat/wording.py."""

    UNREACHABLE = "unreachable"  # no connection: refused, no such host, TLS
    NOT_ALLOWED = "not_allowed"  # an address that this server does not call
    SLOW_START = "slow_start"  # no first byte in time
    STALLED = "stalled"  # no data for too long; pings don't count
    TOO_LONG = "too_long"  # the whole answer took longer than allowed
    TOO_LARGE = "too_large"
    REFUSED_KEY = "refused_key"  # HTTP 401, 403
    NOT_FOUND = "not_found"  # HTTP 404: address or model
    BAD_REQUEST = "bad_request"  # other HTTP 4xx
    BUSY = "busy"  # HTTP 429, 503, 529; `retry_after_s` if it was said
    BROKEN = "broken"  # HTTP 5xx, or an error in the stream
    WEB_PAGE = "web_page"  # HTML: a sign-in page or a wrong address
    NOT_UNDERSTOOD = "not_understood"  # an answer, but of no shape that the protocol has
    EMPTY = "empty"  # it ended, and said nothing
    SECRET_LOST = "secret_lost"  # noqa: S105 - the kept secret can't be opened any more


@dataclass(frozen=True, slots=True)
class Started:
    """The endpoint began; `upstream_id` is its own name for the answer, no trace id."""

    upstream_id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    delta: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    delta: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool is called. May come twice: first without `arguments`, then with them; the last one counts."""

    call_id: str
    name: str
    arguments: Json = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    call_id: str
    output: Json = None
    error: str = ""
    name: str = ""  # where the result comes without a call


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that the answer cites or was made from."""

    title: str = ""
    text: str = ""
    url: str = ""
    doc_id: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model declined, in its own words; shown as such, not as an answer."""

    delta: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens so far, as totals of the answer: the last one counts."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TraceId:
    """The endpoint names its own trace: `tr-…`, 32 hex digits, or an id of its own making."""

    trace_id: str
    where: str = ""  # the path or header where it stood


@dataclass(frozen=True, slots=True)
class Failed:
    """Something went wrong. `detail` is the endpoint's own message, plain text, at most 2,000 characters."""

    fault: Fault
    detail: str = ""
    http_status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    reason: Reason


Event = Started | Text | Reasoning | ToolCall | ToolResult | Source | Refusal | Usage | TraceId | Failed | Ended

KINDS: dict[str, type] = {
    "started": Started,
    "text": Text,
    "reasoning": Reasoning,
    "tool_call": ToolCall,
    "tool_result": ToolResult,
    "source": Source,
    "refusal": Refusal,
    "usage": Usage,
    "trace": TraceId,
    "failed": Failed,
    "ended": Ended,
}
NAMES = {kind: name for name, kind in KINDS.items()}


def as_json(event: Event) -> dict[str, Any]:
    """Return {"kind": …, and the event's fields that say something}."""
    said = {key: value for key, value in asdict(event).items() if value not in (None, "")}
    return {"kind": NAMES[type(event)], **said}


def from_json(kept: dict[str, Any]) -> Event:
    fields = {key: value for key, value in kept.items() if key != "kind"}
    if "reason" in fields:
        fields["reason"] = Reason(fields["reason"])
    if "fault" in fields:
        fields["fault"] = Fault(fields["fault"])
    event: Event = KINDS[kept["kind"]](**fields)
    return event
