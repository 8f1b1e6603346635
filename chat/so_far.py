"""A running answer as far as it came, for a page that is opened in the middle of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from chat.folding import Answer
from chat.models import Turn
from chat.pictures import activity_of
from chat.turns import said_so_far
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
    activity = activity_of(answer, is_writing=bool(growing.n_tails)) if answer.n_events else ""
    blocks = format_html_join("", "{}", ((block,) for block in growing.blocks))
    return Drawn(blocks, growing.tail, activity, answer.n_events, len(growing.blocks))
