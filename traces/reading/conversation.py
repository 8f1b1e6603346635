"""A trace as a person reads it. Plain values: templates draw them, nothing here is HTML.

`traces.reading.conversation_of(trace)` makes one. Anchors (for quotes) name a place by
`span_id` and `field`; the page carries both as `data-anchor-span` and `data-anchor-field`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from traces.dialects.spans import Document, Json, Part, Role
from traces.reading.wording import is_empty, said


@dataclass(slots=True)
class Step:
    """Something the application did on the way: mostly a tool call."""

    name: str  # in words: "look up policy"
    arguments: Json = None
    result: Json = None
    error: str = ""
    duration_s: float | None = None
    span_id: str = ""
    kind: str = "tool"  # tool, note (said on the way), thinking, model (another model call)
    call_id: str = ""  # joins the call, its result and its span
    done: bool = False  # it has a result, even an empty one

    @property
    def summary(self) -> str:
        """The arguments in one line of words."""
        return "" if is_empty(self.arguments) else said(self.arguments, limit=90)

    @property
    def question(self) -> str:
        """The arguments where they are a text and no data."""
        return self.arguments if isinstance(self.arguments, str) else ""

    @property
    def text(self) -> str:
        """The result where it is a text and no data."""
        return self.result if isinstance(self.result, str) else ""

    @property
    def outcome(self) -> str:
        """The result in one line of words."""
        return "" if is_empty(self.result) else said(self.result, limit=140)


@dataclass(slots=True)
class Message:
    """One turn of somebody, with what the application read and did to say it."""

    role: Role
    parts: list[Part]
    name: str = ""
    at: datetime | None = None
    sources: list[Document] = field(default_factory=list)
    sources_span_id: str = ""
    steps: list[Step] = field(default_factory=list)
    error: str = ""  # red and readable, under what came before it
    duration_s: float | None = None
    span_id: str = ""  # where its text stands, for anchors
    anchor_field: str = "outputs"  # inputs or outputs

    @property
    def text(self) -> str:
        return "\n\n".join(part.text for part in self.parts if part.kind in {"text", "refusal", "data"} and part.text)


@dataclass(slots=True)
class Conversation:
    """Oldest first. `earlier` is history that the page folds; `exchange` is what is to be judged."""

    trace_id: str
    key: str = ""  # of what was read, for caches: another key when a span arrives or changes
    system: str = ""  # the application's standing instructions, folded
    system_span_id: str = ""
    is_side: bool = False  # nothing was asked and nothing answered: it only did something
    words_missing: bool = False  # a model was called, but what was said was not recorded
    earlier: list[Message] = field(default_factory=list)
    exchange: list[Message] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # what could not be read, in words
    started_at: datetime | None = None
    duration_s: float | None = None

    def __iter__(self) -> Iterator[Message]:
        yield from self.earlier
        yield from self.exchange

    def texts(self) -> Iterator[str]:
        """Yield every text that a page may cut."""
        yield self.system
        for message in self:
            yield from (part.text for part in message.parts)
            yield from (source.text for source in message.sources)
            yield from (text for step in message.steps for text in (step.question, step.text))

    @property
    def question(self) -> str:
        """The last thing a person said."""
        return next((m.text for m in reversed(list(self)) if m.role == "user"), "")

    @property
    def answer(self) -> str:
        """The last thing the application said; what "write a better answer" starts from."""
        return next((m.text for m in reversed(list(self)) if m.role == "assistant" and m.text), "")
