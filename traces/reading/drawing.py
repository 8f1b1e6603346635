"""A conversation and its pieces as HTML, from the templates in jinja/traces/: Jinja makes Python of a template.

Every label draws a conversation that was never drawn before, and Django's templates took three times as long.
A file there holds one macro of the same name: _message.html is {% macro message(…) %}, and says what it wants.
Django's templates draw it by {% drawn "traces/_message.html" message=… %}: see traces/templatetags/reading.py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from pathlib import PurePath
from typing import Any, cast
from uuid import UUID

from django.core.cache import cache
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.template.defaultfilters import filesizeformat
from django.urls import get_script_prefix, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment
from markupsafe import Markup

from traces.dialects.spans import Document
from traces.reading import failures, media, rendering, values, wording
from traces.reading.conversation import Conversation, Message

CACHE_S = 60 * 60
STEPS_AT_ONCE = 200  # of thousands each page would take seconds to draw
NOBODY = UUID(int=0)  # stands in an address for the one that is wanted
LANGUAGE: ContextVar[str | None] = ContextVar("LANGUAGE")  # of what is being drawn: asked for once, not with each word


def draw(template: str, **variables: Any) -> Markup:
    """Return what a template's macro makes of the variables; it escapes all that is not known to be safe."""
    engine = cast(Jinja2, engines["jinja2"])
    asked = LANGUAGE.set(get_language())
    try:
        macro = getattr(engine.env.get_template(template).module, PurePath(template).stem.removeprefix("_"))
        return cast(Markup, macro(**variables))
    finally:
        LANGUAGE.reset(asked)


def draw_conversation(conversation: Conversation) -> Markup:
    """Return a whole conversation; kept in the cache for as long as it is read the same."""
    if not conversation.key:
        return draw("traces/_conversation.html", conversation=conversation)
    key = f"drawn:{conversation.key}"
    html: Markup | None = cache.get(key)
    if html is None:
        html = draw("traces/_conversation.html", conversation=conversation)
        cache.set(key, html, CACHE_S)
    return html


def environment(**options: Any) -> Environment:
    """Return Jinja's environment for TEMPLATES in the settings; Django adds that it escapes."""
    made = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    made.globals |= {"_": said, "url": url, "STEPS_AT_ONCE": STEPS_AT_ONCE}
    made.filters |= FILTERS
    return made


def said(message: str) -> str:
    """Return a message in the language of whoever reads; `gettext` takes three times as long, for dozens of them."""
    return said_in(LANGUAGE.get(), message)


@lru_cache(maxsize=5_000)
def said_in(_language: str | None, message: str) -> str:
    return gettext(message)


def url(name: str, *args: Any) -> str:
    """Return an address; of one of ours with a UUID the rest is kept, as each item needs several."""
    if len(args) == 1 and isinstance(args[0], UUID):
        return address_with(get_script_prefix(), name).replace(str(NOBODY), str(args[0]))
    return reverse(name, args=args)


@lru_cache(maxsize=100)
def address_with(_prefix: str, name: str) -> str:
    return reverse(name, args=[NOBODY])


# What the templates use.


def cut_at(text: str, limit: int) -> rendering.Cut:
    return rendering.cut(text, at=limit)


def iso(at: datetime) -> str:
    return localtime(at).isoformat()


def clock(at: datetime) -> str:
    return f"{localtime(at):%H:%M}"


def day_and_time(at: datetime) -> str:
    return date_format(localtime(at), "DATETIME_FORMAT")


def is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def title_of(document: Document) -> str:
    """What to call a passage: its title, its file, its id, or its first words."""
    return document.title or document.doc_id or " ".join(document.text[:200].split()[:8])


# Words with something in them stand here, where `makemessages` knows plurals.


def facts(message: Message) -> list[str]:
    """What stands beside an answer's name: 4 sources, 1 step, 4.1 s."""
    said = []
    if n := len(message.sources):
        said.append(ngettext("%(n)d source", "%(n)d sources", n) % {"n": n})
    if n := len(message.steps):
        said.append(ngettext("%(n)d step", "%(n)d steps", n) % {"n": n})
    return said if message.duration_s is None else [*said, wording.duration(message.duration_s)]


def show_earlier(n: int) -> str:
    return ngettext("Show %(n)d earlier message", "Show %(n)d earlier messages", n) % {"n": n}


def all_steps(n: int) -> str:
    return gettext("Show all %(n)d steps") % {"n": n}


def steps_more(n: int) -> str:
    return ngettext("%(n)d more", "%(n)d more", n) % {"n": n}


def size_more(text: str) -> str:
    return gettext("%(size)s more") % {"size": filesizeformat(len(text))}


def at_host(host: str) -> str:
    return gettext("at %(host)s, not loaded here") % {"host": host}


FILTERS: dict[str, Callable[..., Any]] = {
    "all_steps": all_steps,
    "at_host": at_host,
    "clock": clock,
    "cut_at": cut_at,
    "day_and_time": day_and_time,
    "error_in_words": failures.failure_in_words,
    "facts": facts,
    "is_web": is_web,
    "iso": iso,
    "markdown": rendering.render_markdown,
    "media_of": media.media_of,
    "outline": values.outline,
    "score": "{:.2f}".format,
    "seconds": wording.duration,
    "show_earlier": show_earlier,
    "size_more": size_more,
    "steps_more": steps_more,
    "title_of": title_of,
}
