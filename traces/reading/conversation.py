"""A trace as a person reads it. Plain values: templates draw them, nothing here is HTML.

`traces.reading.conversation_of(trace)` makes one. Anchors (for quotes) name a place by
`span_id` and `field`; the page carries both as `data-anchor-span` and `data-anchor-field`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from traces.dialects.spans import Document, Json, Part, Role


@dataclass(slots=True)
class Step:
    """Something the application did on the way: mostly a tool call."""

    name: str  # in words: "look up policy"
    arguments: Json = None
    result: Json = None
    error: str = ""
    duration_s: float | None = None
    span_id: str = ""
    kind: str = "tool"  # tool, agent, guardrail, other


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
        return "\n\n".join(part.text for part in self.parts if part.kind in {"text", "refusal"} and part.text)


@dataclass(slots=True)
class Conversation:
    """Oldest first. `earlier` is history that the page folds; `exchange` is what is to be judged."""

    trace_id: str
    system: str = ""  # the application's standing instructions, folded
    earlier: list[Message] = field(default_factory=list)
    exchange: list[Message] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # what could not be read, in words
    started_at: datetime | None = None
    duration_s: float | None = None

    def __iter__(self) -> Iterator[Message]:
        yield from self.earlier
        yield from self.exchange

    @property
    def question(self) -> str:
        """The last thing a person said."""
        return next((m.text for m in reversed(list(self)) if m.role == "user"), "")

    @property
    def answer(self) -> str:
        """The last thing the application said; what "write a better answer" starts from."""
        return next((m.text for m in reversed(list(self)) if m.role == "assistant" and m.text), "")
