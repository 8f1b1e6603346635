"""What all protocols share when they ask: the address, the headers, the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from chat.events import Json
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage

ACCEPT = "text/event-stream, application/x-ndjson, application/json"


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    headers: dict[str, str]
    body: Json


class Image(NamedTuple):
    media_type: str
    base64: str


def url_of(url: str, tail: str, *, root: str = "", whole: tuple[str, ...] = ()) -> str:
    """Return the full address: `tail` goes after a base; after a host alone `root` goes between them.

    An address that ends in `tail`, or in one of `whole`, is full already. A query is kept.
    What is no address stays as it is, for the client to refuse.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    path = parts.path.rstrip("/")
    if not path.endswith((tail, *whole)):
        path = (path or root) + tail
    return urlunsplit(parts._replace(path=path, fragment=""))


def headers_of(target: Target, prompt: Prompt, secret: dict[str, str] | None = None) -> dict[str, str]:
    """Return the headers, names in small letters. Those of the endpoint itself win.

    The secret goes where `secret` says, else where the option `secret_header` says, else it is a Bearer token.
    """
    headers = {"accept": ACCEPT, "accept-encoding": "identity", "content-type": "application/json"}
    headers["user-agent"] = "review-app"
    if target.secret:
        name = target.options.get("secret_header")
        headers |= {name.lower(): target.secret} if isinstance(name, str) and name else secret or bearer(target.secret)
    if prompt.traceparent:
        headers["traceparent"] = prompt.traceparent
    return headers | {name.lower(): value for name, value in target.headers.items()}


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def body_of(target: Target, defaults: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return the body: the endpoint's parameters go over the defaults, null takes a default away."""
    given = {name: value for name, value in (defaults | target.parameters).items() if value not in (None, "")}
    return given | asked


def image_of(address: str) -> Image:
    """Return the parts of a data: address, as `data:image/png;base64,…`."""
    head, _, data = address.removeprefix("data:").partition(",")
    return Image(head.partition(";")[0] or "image/png", data)


def with_system(target: Target, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"role": "system", "content": target.system_prompt}, *messages] if target.system_prompt else messages


def chat_message(message: PromptMessage) -> dict[str, Any]:
    """Return a message as OpenAI's Chat Completions has it."""
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
    parts += [{"type": "image_url", "image_url": {"url": image}} for image in message.images]
    return {"role": message.role, "content": parts}
