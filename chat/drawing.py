"""The article of one turn, the same on the page, in a fragment and over the socket."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from chat.branches import place_of
from chat.folding import Answer
from chat.models import Turn
from chat.pictures import activity_of
from chat.turns import as_seen, said_so_far
from traces.reading.rendering.growing import Growing


@dataclass(frozen=True, slots=True)
class Drawn:
    """A running answer as far as it came; a socket goes on from `cursor` and `n_blocks`."""

    blocks: SafeString
    tail: SafeString
    activity: str
    cursor: int
    n_blocks: int


def drawn(turn: Turn) -> Drawn:
    """Draw what a running turn has said so far."""
    answer = Answer(said_so_far(turn))
    growing = Growing(answer.text)
    activity = activity_of(answer, is_writing=bool(growing.n_tails)) if answer.n_events else SafeString()
    blocks = format_html_join("", "{}", ((block,) for block in growing.blocks))
    return Drawn(blocks, growing.tail, activity, answer.n_events, len(growing.blocks))


@dataclass(frozen=True, slots=True)
class Article:
    html: str
    turn: Turn  # as it is seen
    running: Drawn | None


def article_of(turn: Turn, user: User) -> Article:
    shown = place_of(as_seen(turn))
    running = drawn(turn) if shown.turn.is_running else None
    html = render_to_string("chat/_turn.html", {"shown": shown, "user": user, "running": running})
    return Article(html, shown.turn, running)


def article(turn: Turn, user: User) -> str:
    """Return the HTML of a turn as the person sees it at this moment."""
    return article_of(turn, user).html
