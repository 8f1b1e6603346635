"""The floor of the chat: the least that brings an endpoint's stream to a socket, without a database and without Django.

A WebSocket takes {"message": …}, asks UPSTREAM_URL, and gives each token on as {"text": …}.
"""

from __future__ import annotations

import json
import os

import httpx

client = httpx.AsyncClient(timeout=None)  # noqa: S113  it waits as long as the stream lasts


async def application(scope, receive, send) -> None:
    if scope["type"] == "http":  # /readyz
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await proxy(json.loads(event["text"])["message"], send)


async def proxy(message: str, send) -> None:
    body = {"stream": True, "messages": [{"role": "user", "content": message}]}
    url = f"{os.environ['UPSTREAM_URL']}/chat/completions"
    async with client.stream("POST", url, json=body) as response:
        rest = b""
        async for data in response.aiter_raw():
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b"data: {"):
                    text = json.loads(line[6:])["choices"][0]["delta"].get("content")
                    if text:
                        await send({"type": "websocket.send", "text": json.dumps({"text": text})})
    await send({"type": "websocket.send", "text": json.dumps({"op": "ended"})})
