"""Bare web addresses in a text, as links."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

ADDRESS = re.compile(r"https?://[^\s<>\"'`|]{3,2000}", re.IGNORECASE)
AFTER = ".,;:!?*_'\""  # ends the sentence, not the address


def link_addresses(state: StateCore) -> None:
    """Turn each bare address outside a link into a link."""
    for token in state.tokens:
        if token.type == "inline" and token.children and "://" in token.content:
            token.children = list(linked(token.children))


def linked(children: list[Token]) -> Iterator[Token]:
    depth = 0
    for child in children:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "text" and not depth and "://" in child.content:
            yield from split(child.content)
        else:
            yield child


def split(text: str) -> Iterator[Token]:
    done = 0
    for match in ADDRESS.finditer(text):
        address = trimmed(match[0])
        yield Token("text", "", 0, content=text[done : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": address})
        yield Token("text", "", 0, content=address)
        yield Token("link_close", "a", -1)
        done = match.start() + len(address)
    yield Token("text", "", 0, content=text[done:])


def trimmed(address: str) -> str:
    """Without what ends the sentence or closes a bracket that was opened before it."""
    address = address.rstrip(AFTER)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(AFTER)
    return address
