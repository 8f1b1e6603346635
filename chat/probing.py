"""Check the trace link: one test message with `traceparent`, and what came of the application's own trace."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum

from asgiref.sync import sync_to_async
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.addresses import client
from chat.answering import stream_answer
from chat.events import Ended, Failed, Fault, Reason, TraceId
from chat.folding import Answer
from chat.linking import MOST_SKEW, normal_id
from chat.models import Conversation, Endpoint, Turn
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.turn_spans import SCOPE, TAG, spans_of, trace_id_of, traceparent_of
from chat.wording import words_for
from reviewapp.lib.sealing import CannotOpen
from traces.ingest.storing import store_spans
from traces.models import Span, Trace

PATIENCE_S = 8  # MLflow's SDK exports every 5 s
LONGEST_ANSWER_S = 30
LOOK_EVERY_S = 0.4


class Found(StrEnum):
    FAILED = "failed"  # the test message itself
    JOINED = "joined"  # its spans came under the traceparent
    NAMED = "named"  # it names its trace, and that is here
    AWAITED = "awaited"  # it names its trace, which is not here
    SESSION = "session"  # its trace names our conversation
    ELSEWHERE = "elsewhere"  # its spans came under a trace that nothing links with the answer
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check found, in words for who sets up the endpoint."""

    found: Found
    sentence: str
    advice: str = ""
    trace_id: str = ""

    @property
    def is_linked(self) -> bool:
        """Whether judgements reach the application's own trace."""
        return self.found in {Found.JOINED, Found.NAMED, Found.SESSION}


async def probe(endpoint: Endpoint, *, patience_s: float = PATIENCE_S) -> Finding:
    """Send a test message with traceparent, whatever the endpoint's setting, and wait for the application's trace.

    The message is kept as a trace of its own, with the tag `reviewapp.test`; what joins it needs its root.
    """
    turn = Turn(
        id=uuid.uuid4(),
        conversation=Conversation(endpoint=endpoint),
        message=_("This is a test of the connection (%(mark)s). Please answer in one sentence.")
        % {"mark": secrets.token_hex(4)},
        started_at=timezone.now(),
        endpoint_version=endpoint.version,
    )
    where = await ask(turn)
    await sync_to_async(keep)(turn)
    if turn.state == Turn.State.FAILED:
        return failed(turn)
    return await wait_for_trace(turn, where, patience_s) or nothing(turn, where)


async def ask(turn: Turn) -> str:
    """Let the endpoint answer into the turn's fields; return where it named its trace."""
    endpoint, answer, where = turn.conversation.endpoint, Answer(), ""
    prompt = Prompt(
        [PromptMessage("user", turn.message)], str(turn.conversation.pk), str(turn.pk), "", traceparent_of(turn)
    )
    try:
        events = stream_answer(
            impatient(endpoint.target()), prompt, client(),
            trace_id_paths=endpoint.trace_id_paths, trace_id_headers=endpoint.trace_id_headers,
        )  # fmt: skip
        async with aclosing(events):
            async for event in events:
                answer.take(event)
                where = event.where if isinstance(event, TraceId) else where
    except CannotOpen:
        answer = Answer([Failed(Fault.SECRET_LOST), Ended(Reason.ERROR)])
    answer.write_to(turn)
    turn.state, turn.ended_at = answer.state, timezone.now()
    return where


def impatient(target: Target) -> Target:
    return replace(
        target,
        first_byte_timeout_s=min(target.first_byte_timeout_s, LONGEST_ANSWER_S),
        total_timeout_s=min(target.total_timeout_s, LONGEST_ANSWER_S),
    )


def keep(turn: Turn) -> None:
    spans = spans_of(turn)
    spans[0].name = "test message"
    spans[0].attributes[f"{TAG}test"] = "true"
    store_spans(turn.conversation.endpoint.experiment, spans)


async def wait_for_trace(turn: Turn, where: str, patience_s: float) -> Finding | None:
    """Look until there is something, or for so long."""
    try:
        async with asyncio.timeout(patience_s):
            while (finding := await sync_to_async(look)(turn, where)) is None:
                await asyncio.sleep(LOOK_EVERY_S)
            return finding
    except TimeoutError:
        return None


def look(turn: Turn, where: str) -> Finding | None:
    """Return what is here of the application's trace. Queries: 4 at most."""
    ours, named = trace_id_of(turn), normal_id(turn.own_trace_id)
    if Span.objects.filter(trace=ours).exclude(scope=SCOPE).exists():
        return Finding(Found.JOINED, _("The application’s steps joined the trace of the test message."), trace_id=ours)
    if named and named != ours and Trace.objects.filter(pk=named).exists():
        sentence = _("The answer names its trace (in “%(where)s”), and the trace is here.") % {"where": where}
        return Finding(Found.NAMED, sentence, trace_id=named)
    others = Trace.objects.filter(request_time__gte=turn.started_at - MOST_SKEW).exclude(pk=ours)
    if trace := others.filter(session_id=str(turn.conversation.pk)).first():
        sentence = _("The application’s trace names our conversation as its session, and is found by that.")
        return Finding(Found.SESSION, sentence, trace_id=trace.pk)
    if trace := others.filter(request_preview__contains=turn.message).first():
        return elsewhere(trace)
    return None


def failed(turn: Turn) -> Finding:
    words = words_for(turn)
    return Finding(Found.FAILED, words.sentence if words else "", words.detail if words else "")


def elsewhere(trace: Trace) -> Finding:
    return Finding(
        Found.ELSEWHERE,
        _("Its spans came, but under another trace, which nothing links with the answer."),
        _(
            "Let the application take over the traceparent header, name its trace in the answer, or record the "
            "conversation’s id as its session (mlflow.trace.session or session.id)."
        ),
        trace.pk,
    )


def nothing(turn: Turn, where: str) -> Finding:
    """Say why nothing may have come; a trace that was named may be kept elsewhere."""
    if turn.own_trace_id:
        return Finding(
            Found.AWAITED,
            _("The answer names its trace (in “%(where)s”), but the trace did not come here.") % {"where": where},
            _("Judgements wait for it. Let the application send its traces here too, to /v1/traces."),
            normal_id(turn.own_trace_id),
        )
    return Finding(
        Found.NOTHING,
        _("No trace of the application came."),
        _(
            "It may send none here. Or it loses them: with MLflow’s default batch processor, an application that "
            "takes over the traceparent header drops its spans without a word. There, set "
            "MLFLOW_USE_BATCH_SPAN_PROCESSOR=false or MLFLOW_ENABLE_ASYNC_TRACE_LOGGING=false, or do not send "
            "the header."
        ),
    )
