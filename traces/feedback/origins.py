"""Which pages may send: scheme, host and port, as browsers write an origin."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

ANY = "*"
DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_from(text: str) -> str:
    """Return `text` as an origin, its host perhaps `*.example.org`; an address is cut to its origin.

    Raises: ValueError.
    """
    text = text.strip().lower()
    if text == ANY:
        return ANY
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc or "*" in host.removeprefix("*."):
        raise ValueError(text)
    if not host.isascii() or not all(each.isalnum() or each in "-.:_*" for each in host):
        raise ValueError(text)
    shown = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"


def allows(origins: Iterable[str], origin: str) -> bool:
    """Return whether one of `origins` is `origin`, or stands for it. `*.example.org` is not `example.org` itself."""
    origin = origin.lower()
    return any(known in (ANY, origin) or stands_for(known, origin) for known in origins)


def stands_for(known: str, origin: str) -> bool:
    start, star, end = known.partition("*.")
    name = origin.removeprefix(start).removesuffix(f".{end}")
    return bool(star) and origin == f"{start}{name}.{end}" and name != "" and not set(name) & set("/:@")
