"""How a request gets from the event loop to the views, and back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from functools import partial
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, ParamSpec, TypeVar, cast

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from reviewapp.lib.afterwards import Job, job_after
from reviewapp.lib.serving import LOOP
from reviewapp.lib.threads import LastFirstExecutor
from traces.ingest.counting_bodies import INTAKE

# Requests that are answered at the same time, besides traces that come in: more would only wait for each other.
THREADS = 4
WAITERS = 4  # the same of pages that ask other servers
ASKING = ("/settings/mlflow/", "/chat/endpoints/")  # these do: a server that is dead keeps its threads for seconds
PAUSE_S = 0.01  # after traces came in: who sends one body after the other has sent the next by then

P = ParamSpec("P")
T = TypeVar("T")
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


async def in_thread(threads: Executor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in one of the threads. `sync_to_async` makes more ado, which every request would pay."""
    loop = asyncio.get_running_loop()
    call = partial(copy_context().run, knowing, loop, partial(function, *args, **kwargs))
    return await loop.run_in_executor(threads, call)


def knowing(loop: asyncio.AbstractEventLoop, call: Callable[[], T]) -> T:
    """Call what may want something of the loop: `async_to_sync` finds it as in a thread of `sync_to_async`."""
    SyncToAsync.threadlocal.main_event_loop = loop
    SyncToAsync.threadlocal.main_event_loop_pid = os.getpid()
    return call()


class OneHopHandler(ASGIHandler):
    """Answers a request in one go, in a thread that stays: signals, all middleware, the view, and closing.

    Every view here is synchronous. Django's own handler would go from the loop to a thread and back for
    each of these, and make a new thread for each request, which opens a connection to the database of its
    own and throws its prepared statements away; that takes longer than many an answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.threads = LastFirstExecutor(THREADS, "request")
        self.intake = LastFirstExecutor(settings.INGEST_CONCURRENCY, "intake")  # pages don't wait for traces
        self.asking = LastFirstExecutor(WAITERS, "asking")  # nor for other servers
        self.n_waiting = 0  # requests that are not answered yet

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.handle(scope, receive, send)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        LOOP.set(asyncio.get_running_loop())
        with body:
            response = await self.answer_to(scope, body)
            if response.streaming:
                async with ThreadSensitiveContext():  # one thread makes all blocks of an answer
                    await self.stream(response, receive, send)
            else:
                await self.send_response(response, send)
        job = job_after(response)
        if job is not None:
            if scope["path"] in INTAKE:
                await asyncio.sleep(PAUSE_S)
            if not self.n_waiting:
                await in_thread(self.threads_for(scope), self.do, job)

    async def read_body(self, receive: Receive) -> IO[bytes]:
        """Return the body: what fits into memory copied once, where Django copies it piece by piece and grows it."""
        pieces: list[bytes] = []
        room: int = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        file: IO[bytes] | None = None
        has_more = True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                if file is not None:
                    file.close()
                raise RequestAborted
            pieces.append(message.get("body", b""))
            has_more = message.get("more_body", False)
            room -= len(pieces[-1])
            if room < 0:
                file = file or TemporaryFile()  # noqa: SIM115 - whoever answers closes it
                file.writelines(pieces)
                pieces.clear()
        if file is None:
            return BytesIO(b"".join(pieces))
        file.seek(0)
        return file

    def threads_for(self, scope: Scope) -> Executor:
        if scope["path"].startswith(ASKING):
            return self.asking
        return self.intake if scope["path"] in INTAKE else self.threads

    async def answer_to(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        self.n_waiting += 1
        try:
            return await in_thread(self.threads_for(scope), self.respond, scope, body)
        finally:
            self.n_waiting -= 1

    def do(self, job: Job) -> None:
        try:
            job()
        finally:
            close_old_connections()

    def respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """Return the response, closed unless it is streamed; what this thread held of the database is free again."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = cast(HttpResponseBase, refusal if request is None else self.get_response(request))
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if response.streaming:
            close_old_connections()
        else:
            response.close()
        return response

    async def stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send a long answer, until it ends or whoever asked has gone."""
        sending = asyncio.create_task(self.send_response(response, send))
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            outcomes = await asyncio.gather(sending, leaving, return_exceptions=True)
            await sync_to_async(response.close)()  # in the thread that made the blocks: see reviewapp/lib/streaming.py
        if isinstance(outcomes[0], Exception):  # neither done nor told to stop
            raise outcomes[0]
