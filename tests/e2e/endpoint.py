"""An application to chat with, for tests in a browser: it says what the test tells it to, when it tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from chat.tests.speaking import Call, Speaker, speaking


class Asked:
    """One request to the application."""

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        self.call = call
        self.loop = loop

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.call.messages

    def say(self, *deltas: str) -> Asked:
        self._do(self.call.say(*deltas))
        return self

    def think(self, delta: str) -> Asked:
        self._do(self.call.send({"choices": [{"index": 0, "delta": {"reasoning_content": delta}}]}))
        return self

    def end(self, reason: str = "stop") -> None:
        self._do(self.call.end(reason))

    def cut(self) -> None:
        self.loop.call_soon_threadsafe(self.call.cut)

    def wait_until_gone(self) -> None:
        """Wait until who asked has hung up."""

        async def gone() -> None:
            await asyncio.wait_for(asyncio.shield(self.call.gone), 10)

        self._do(gone())

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)


class Application:
    def __init__(self, speaker: Speaker, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.speaker = speaker
        self.url = url
        self.loop = loop

    def asked(self) -> Asked:
        """Wait for the next request."""
        call = asyncio.run_coroutine_threadsafe(self.speaker.asked(), self.loop).result(11)
        return Asked(call, self.loop)


@contextmanager
def application() -> Iterator[Application]:
    """Run one in a thread with a loop of its own: Playwright's is in this one."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    entered = speaking()
    try:
        speaker, url = asyncio.run_coroutine_threadsafe(entered.__aenter__(), loop).result(10)
        yield Application(speaker, url, loop)
    finally:
        asyncio.run_coroutine_threadsafe(entered.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
