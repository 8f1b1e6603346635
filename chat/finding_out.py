"""What an endpoint speaks, found by asking for what such servers tell about themselves; no answer is generated.

Source of the places: MLflow's AgentServer, OpenAI's and Ollama's interfaces, A2A's agent card.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from chat.addresses import AddressRefused, make_client
from chat.models import Endpoint
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols import PROTOCOLS

PATIENCE_S = 10  # for all of it
MAX_BYTES = 1_000_000
MAX_MODELS = 200
Protocol = Endpoint.Protocol
Json = Any


@dataclass(frozen=True)
class FoundOut:
    protocol: str = ""  # "" for none that is known
    models: list[str] = field(default_factory=list)
    is_a2a: bool = False  # a protocol that is not spoken here
    was_refused: bool = False  # the address may not be called
    answered: bool = False  # by whatever

    @property
    def protocol_name(self) -> str:
        return str(Protocol(self.protocol).label)

    @property
    def place(self) -> int:
        """Its place among the protocols that are offered."""
        return Protocol.values.index(self.protocol)


async def find_out(target: Target, *, patience_s: float = PATIENCE_S) -> FoundOut:
    """Ask one place after the other; never raises for what a server does. The target's secret goes along."""
    answered = False
    try:
        async with asyncio.timeout(patience_s), make_client() as client:
            for path, recognise in PLACES:
                status, said = await get_json(client, address_of(target.url, path), headers_for(target))
                answered = answered or status > 0
                if found := recognise(said):
                    return found
    except AddressRefused:
        return FoundOut(was_refused=True)
    except TimeoutError:
        pass
    return FoundOut(answered=answered)


def address_of(url: str, path: str) -> str:
    """Return the place below the base: in front of what names one interface, as /v1 or /invocations."""
    parts = urlsplit(url)
    base = parts.path.rstrip("/")
    for tail in ("/chat/completions", "/responses", "/messages", "/invocations", "/api/chat", "/models", "/v1"):
        base = base.removesuffix(tail)
    return urlunsplit(parts._replace(path=base + path, query="", fragment=""))


def headers_for(target: Target) -> dict[str, str]:
    """Return the headers of a message, its body's left out: the key is where the protocol has it."""
    prompt = Prompt([PromptMessage("user", "")], "", "", "")
    headers = PROTOCOLS[target.protocol].request(target, prompt).headers
    return {name: value for name, value in headers.items() if name != "content-type"} | {"accept": "application/json"}


async def get_json(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> tuple[int, Json]:
    """Return the status, 0 for none, and the JSON, None for something else. Raises: AddressRefused."""
    try:
        async with client.stream("GET", url, headers=headers) as response:
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MAX_BYTES:
                    return response.status_code, None
            return response.status_code, json.loads(body) if response.is_success else None
    except AddressRefused:
        raise
    except (httpx.HTTPError, httpx.InvalidURL):
        return 0, None
    except (ValueError, RecursionError):
        return 200, None


def agent_server(said: Json) -> FoundOut | None:
    if isinstance(said, dict) and "agent_api" in said:
        return FoundOut(Protocol.MLFLOW_RESPONSES, answered=True)
    return None


def agent_card(said: Json) -> FoundOut | None:
    if isinstance(said, dict) and "skills" in said:
        return FoundOut(is_a2a=True, answered=True)
    return None


def ollama(said: Json) -> FoundOut | None:
    if isinstance(said, dict) and isinstance(said.get("models"), list):
        return FoundOut(Protocol.OLLAMA, names_in(said["models"], "name"), answered=True)
    return None


def openai(said: Json) -> FoundOut | None:
    if not isinstance(said, dict) or not isinstance(said.get("data"), list):
        return None
    names = names_in(said["data"], "id")
    is_anthropic = "has_more" in said and all(name.startswith("claude") for name in names)
    return FoundOut(Protocol.ANTHROPIC if is_anthropic else Protocol.OPENAI_CHAT, names, answered=True)


def names_in(listed: list[Json], key: str) -> list[str]:
    names = [each[key] for each in listed if isinstance(each, dict) and isinstance(each.get(key), str)]
    return [name[:250] for name in names[:MAX_MODELS]]


Recognise = Callable[[Json], FoundOut | None]
PLACES: list[tuple[str, Recognise]] = [
    ("/agent/info", agent_server),
    ("/.well-known/agent-card.json", agent_card),
    ("/api/tags", ollama),
    ("/v1/models", openai),
]
