"""What is asked of an endpoint: the talk so far, whatever protocol carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PromptMessage:
    role: Literal["user", "assistant"]
    text: str
    images: tuple[str, ...] = ()  # data: addresses


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages, oldest first; the last one is the person's. `traceparent` is sent where it says something."""

    messages: Sequence[PromptMessage]
    conversation_id: str
    turn_id: str
    user_id: str
    traceparent: str = ""
