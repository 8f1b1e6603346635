"""The article of one turn, the same on the page, in a fragment and over the socket."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string

from accounts.models import User
from chat.branches import place_of
from chat.models import Turn
from chat.so_far import Drawn
from chat.talk import exchange_of, may_talk


@dataclass(frozen=True, slots=True)
class Article:
    html: str
    turn: Turn  # as it is seen
    running: Drawn | None


def article_of(turn: Turn, user: User) -> Article:
    exchange = exchange_of(place_of(turn), user)
    ctx = {"exchange": exchange, "may_talk": may_talk(user, turn.conversation)}
    return Article(render_to_string("chat/_turn.html", ctx), exchange.turn, exchange.running)


def article(turn: Turn, user: User) -> str:
    """Return the HTML of a turn as the person sees it at this moment."""
    return article_of(turn, user).html
