"""The demo's endpoint as a process of its own, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx


class DemoEndpoint:
    """Started, and listening at `url`. It talks fast, unless told otherwise."""

    def __init__(self, traces_to: str = "", *, pace: float = 10_000, headers: str = "") -> None:
        self.traces_to, self.headers = traces_to, headers
        arguments = ["--port", "0", "--traces-to", traces_to, "--pace", str(pace)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chat.demo.endpoint", *arguments],
            env=os.environ | {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": headers, "NO_PROXY": "127.0.0.1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.process.stdout.readline().strip()
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def ask(self, *messages: str, model: str = "guide-2", **headers: str) -> str:
        """Return the answer to the last message; the others are the user's and the assistant's by turns."""
        response = self.client.post("/v1/chat/completions", json=body(messages, model), headers=headers)
        response.raise_for_status()
        return response.json()["choices"][0]["message"]["content"]

    def chunks(self, *messages: str, model: str = "guide-2") -> Iterator[dict[str, Any]]:
        """Yield the chunks of a stream; the last one has been marked as such."""
        with self.client.stream("POST", "/v1/chat/completions", json=streamed(*messages, model=model)) as response:
            assert response.headers["content-type"] == "text/event-stream"
            lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
        assert lines.pop() == "[DONE]"
        yield from map(json.loads, lines)

    def stop(self) -> None:
        """Go away, as its starter would, and wait until it has sent its last spans and is gone."""
        self.client.close()
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(timeout=20)
        self.process.stdout.close()


def streamed(*messages: str, model: str = "guide-2") -> dict[str, Any]:
    return body(messages, model) | {"stream": True, "stream_options": {"include_usage": True}}


def body(messages: tuple[str, ...], model: str) -> dict[str, Any]:
    roles = ("user", "assistant")
    told = [{"role": roles[number % 2], "content": text} for number, text in enumerate(messages)]
    return {"model": model, "messages": told}
