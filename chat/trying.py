"""A test message to an endpoint: what it answers, how fast, and what goes wrong.

It runs while somebody waits for the page, in a thread that other requests need too. So it is given up
after `PATIENCE_S` whatever the endpoint's own timeouts are, and only a few may run at the same time.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from threading import BoundedSemaphore
from typing import Any

import httpx
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chat.addresses import make_client
from chat.advising import advice_on
from chat.answering import stream_answer
from chat.events import Ended, Event, Failed, Fault, Reason, TraceId
from chat.folding import Answer
from chat.models import Endpoint, Turn
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.wording import Words, happened_for, words_for
from reviewapp.lib.sealing import CannotOpen
from traces.reading.rendering import render_markdown

GREETING = _("Please say hello in one sentence.")
PATIENCE_S = 30
MOST_AT_ONCE = 2  # of the four threads that answer requests: reviewapp.handler
MOST_KEPT = 8_000  # characters of an answer
SLOTS = BoundedSemaphore(MOST_AT_ONCE)


class TooMany(RuntimeError):
    """So many tests run already that another would take the pages' threads."""


@dataclass(frozen=True)
class Trial:
    """How a test message went, as `Endpoint.last_test` keeps it."""

    message: str
    state: str  # Turn.State
    finish_reason: str = ""
    failure: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)  # [{name, error}]
    n_sources: int = 0
    usage: dict[str, int] = field(default_factory=dict)
    model: str = ""
    trace_id: str = ""
    trace_where: str = ""
    first_text_ms: int | None = None
    took_ms: int = 0

    @classmethod
    def of(cls, endpoint: Endpoint) -> Trial | None:
        """Return the last one; what another version of this program kept besides is left out."""
        known = {each.name for each in fields(cls)}
        kept = {name: value for name, value in endpoint.last_test.items() if name in known}
        return cls(**kept) if {"message", "state"} <= kept.keys() else None

    @property
    def is_well(self) -> bool:
        return self.state == Turn.State.COMPLETE and self.words is None

    @property
    def has_failed(self) -> bool:
        return self.state not in {Turn.State.COMPLETE, Turn.State.UNMARKED}

    @cached_property
    def words(self) -> Words | None:
        """What is to be told a manager; None when all went well."""
        if fault := self.failure.get("fault"):
            return Words(happened_for(fault), str(self.failure.get("detail", "")))
        return words_for(
            Turn(
                state=self.state, finish_reason=self.finish_reason, failure=self.failure, text=self.text,
                refusal=self.refusal, reasoning=self.reasoning, steps=self.steps,
            )
        )  # fmt: skip

    @property
    def advice(self) -> str:
        """What a manager can do about a failure."""
        return advice_on(self.failure["fault"]) if self.failure.get("fault") else ""

    @property
    def text_html(self) -> SafeString:
        return render_markdown(self.text)

    @property
    def first_text_s(self) -> float | None:
        return None if self.first_text_ms is None else self.first_text_ms / 1000

    @property
    def took_s(self) -> float:
        return self.took_ms / 1000


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the few places. Raises: TooMany."""
    if not SLOTS.acquire(blocking=False):
        raise TooMany
    try:
        yield
    finally:
        SLOTS.release()


async def try_out(endpoint: Endpoint, message: str, *, user_id: str, patience_s: float = PATIENCE_S) -> Trial:
    """Send a message and wait for the whole answer; never raises for what an endpoint does."""
    began, answer, where = time.monotonic(), Answer(), ""

    def take(event: Event) -> None:
        nonlocal where
        answer.take(event, round((time.monotonic() - began) * 1000))
        where = event.where if isinstance(event, TraceId) else where

    try:
        target = impatient(endpoint.target(), patience_s)
        async with (
            asyncio.timeout(patience_s + 1),  # the answer ends before, by itself
            make_client() as client,  # of its own: whether a connection can be made is asked, too
            aclosing(answer_to(message, target, user_id, endpoint, client)) as events,
        ):
            async for event in events:
                take(event)
    except CannotOpen:
        fail(take, Fault.SECRET_LOST)
    except TimeoutError:
        fail(take, Fault.TOO_LONG)
    return trial_of(answer, message, where, took_ms=round((time.monotonic() - began) * 1000))


def fail(take: Callable[[Event], None], fault: Fault) -> None:
    take(Failed(fault))
    take(Ended(Reason.ERROR))


def impatient(target: Target, patience_s: float) -> Target:
    whole = max(1, int(patience_s))
    return replace(
        target,
        first_byte_timeout_s=min(target.first_byte_timeout_s, whole),
        idle_timeout_s=min(target.idle_timeout_s, whole),
        total_timeout_s=min(target.total_timeout_s, whole),
    )


def answer_to(
    message: str, target: Target, user_id: str, endpoint: Endpoint, client: httpx.AsyncClient
) -> AsyncGenerator[Event]:
    prompt = Prompt([PromptMessage("user", message)], f"test-{uuid.uuid4()}", str(uuid.uuid4()), user_id)
    paths, headers = endpoint.trace_id_paths, endpoint.trace_id_headers
    return stream_answer(target, prompt, client, trace_id_paths=paths, trace_id_headers=headers)


def trial_of(answer: Answer, message: str, where: str, *, took_ms: int) -> Trial:
    return Trial(
        message=message,
        state=answer.state,
        finish_reason=answer.reason or "",
        failure=answer.failure,
        text=answer.text[:MOST_KEPT],
        reasoning=answer.reasoning[:MOST_KEPT],
        refusal="".join(answer.refusals)[:MOST_KEPT],
        steps=[{"name": step["name"], "error": step.get("error") or ""} for step in answer.steps.values()],
        n_sources=len(answer.sources),
        usage=answer.usage,
        model=answer.started.model,
        trace_id=answer.trace_id,
        trace_where=where,
        first_text_ms=answer.first_text_ms,
        took_ms=took_ms,
    )


def keep(endpoint: Endpoint, trial: Trial) -> None:
    """Remember how it went, unless the endpoint has been changed meanwhile."""
    endpoint.last_test, endpoint.tested_at = asdict(trial), timezone.now()
    Endpoint.objects.filter(pk=endpoint.pk, updated_at=endpoint.updated_at).update(
        last_test=endpoint.last_test, tested_at=endpoint.tested_at
    )
