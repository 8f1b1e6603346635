"""Ask an endpoint and yield its answer as events, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx

from chat.deadlines import DeadlinePassed, Deadlines
from chat.events import Ended, Event, Failed, Fault, Reason, TraceId
from chat.framing import FrameTooLarge
from chat.hearing import AnswerTooLarge, Hearing, failure_heard
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols import PROTOCOLS
from chat.protocols.asking import Request
from chat.protocols.failures import plain
from chat.retrying import wait_before_retry

__all__ = ["Prompt", "PromptMessage", "stream_answer"]

CONNECT_TIMEOUT_S = 15
TRACE_HEADERS = ("x-mlflow-trace-id", "x-trace-id", "traceresponse")
TROUBLE = (httpx.HTTPError, httpx.InvalidURL, DeadlinePassed, FrameTooLarge, AnswerTooLarge, UnicodeError)


async def stream_answer(
    target: Target,
    prompt: Prompt,
    client: httpx.AsyncClient,
    *,
    trace_id_paths: Sequence[str] = (),
    trace_id_headers: Sequence[str] = (),
) -> AsyncGenerator[Event, None]:
    """Yield the events of an answer as they come, then exactly one `Ended`.

    Never raises for what an endpoint does. Closing the iterator, or cancelling who reads it, closes the
    response; who is cancelled hears of the tokens that were counted so far, and reads on to be gone. Of several
    `TraceId` the last one counts, and so does the last `Usage`.
    """
    protocol = PROTOCOLS[target.protocol]
    reader = protocol.reader(target, trace_id_paths)
    deadlines = Deadlines(target)
    has_begun = False
    try:
        async with opened(client, protocol.request(target, prompt), deadlines) as response:
            has_begun = True
            for trace_id in trace_ids_in(response, trace_id_headers):
                if trace_id.where in trace_id_headers:
                    reader.trust_only_own_paths()
                yield trace_id
            if not response.is_success:
                raise Refused(await failure_heard(response, deadlines))
            hearing = Hearing(response, reader, deadlines)
            while (events := await hearing.next_events()) is not None:
                for event in events:
                    yield safe(event, target) if isinstance(event, Failed) else event
            ending = hearing.ending()
            await hearing.leftover()
    except (*TROUBLE, Refused) as error:
        ending = [*reader.close(), *ending_by(error, reader.reason, has_begun=has_begun)]
    except asyncio.CancelledError:
        if reader.usage:
            yield reader.usage
        raise
    finally:
        deadlines.stop()
    for event in ending:
        yield safe(event, target) if isinstance(event, Failed) else event


class Refused(Exception):  # noqa: N818 - the endpoint said no, which is no error of ours
    """The endpoint answered with a bad status."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.fault)
        self.failed = failed


@asynccontextmanager
async def opened(client: httpx.AsyncClient, request: Request, deadlines: Deadlines) -> AsyncIterator[httpx.Response]:
    """Send the request and give the response; a second time after a short wait that the endpoint asks for."""
    deadlines.start()
    for n_tries in (1, 2):
        response = await deadlines.wait(client.send(made(request), stream=True))
        try:
            wait_s = wait_before_retry(response.status_code, response.headers, n_tries)
            if wait_s is None:
                yield response
                return
        finally:
            await response.aclose()
        await asyncio.sleep(wait_s)
        deadlines.start()


def made(request: Request) -> httpx.Request:
    """Return the request as it is sent. The client doesn't build it: the cookies of one talk are not another's."""
    timeout = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S).as_dict()
    content = json.dumps(request.body, ensure_ascii=False).encode(errors="replace")
    return httpx.Request("POST", request.url, headers=request.headers, content=content, extensions={"timeout": timeout})


def trace_ids_in(response: httpx.Response, names: Sequence[str]) -> list[TraceId]:
    """Return the trace id of the surest header, if any: the endpoint's own come first."""
    for name in (*names, *TRACE_HEADERS):
        value = response.headers.get(name, "").strip()
        if value:
            in_trace_context = re.fullmatch(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]*-[0-9a-f]{2}", value)
            return [TraceId((in_trace_context[1] if in_trace_context else value)[:250], name)]
    return []


def ending_by(error: Exception, reason: Reason | None, *, has_begun: bool) -> list[Event]:
    """Return how an answer ends that something interrupted; what was complete before it stays so."""
    if reason is not None:
        return [Ended(reason)]
    failed = failure_by(error, has_begun=has_begun)
    return [Ended(Reason.CUT_OFF)] if failed is None else [failed, Ended(Reason.ERROR)]


def failure_by(error: Exception, *, has_begun: bool) -> Failed | None:
    """Return the failure behind an error, None where the connection broke in the middle of an answer."""
    detail = plain(str(error))
    match error:
        case Refused():
            return error.failed
        case DeadlinePassed():
            return Failed(error.fault)
        case FrameTooLarge() | AnswerTooLarge():
            return Failed(Fault.TOO_LARGE)
        case httpx.ConnectError() if hasattr(error, "fault"):  # chat.addresses says that it is not allowed
            return Failed(error.fault, detail)
        case httpx.ConnectError() | httpx.TimeoutException() | httpx.ProxyError():
            return Failed(Fault.UNREACHABLE, detail)
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return Failed(Fault.UNREACHABLE, detail)
        case httpx.LocalProtocolError() | UnicodeError():  # a header that can't be sent
            return Failed(Fault.BAD_REQUEST, detail)
        case httpx.DecodingError():
            return Failed(Fault.NOT_UNDERSTOOD, detail)
    return None if has_begun else Failed(Fault.BROKEN, detail)


def safe(failed: Failed, target: Target) -> Failed:
    """Leave out what endpoints repeat of the secret: they quote keys that they refuse."""
    secrets = [target.secret, *target.headers.values()]
    detail = failed.detail
    for secret in secrets:
        if len(secret) >= 6:
            detail = detail.replace(secret, "•••")
    return replace(failed, detail=detail)
