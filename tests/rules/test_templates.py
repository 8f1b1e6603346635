"""No template runs script of its own, trusts text, or says something that cannot be translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.rules.files import files, line_of, no, text_of

DJANGO = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
BLOCKS = re.compile(
    r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}"
    r"|{%\s*block \w*_(?:class|attributes)\s*%}.*?{%\s*endblock",  # stands within a tag
    re.DOTALL,
)
FORBIDDEN = {
    "inline style": re.compile(r"\sstyle=|<style\b", re.IGNORECASE),
    "inline handler": re.compile(r"\son[a-z]+=|\shx-on|\sdata-hx-on|javascript:", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*type=\"importmap\")", re.IGNORECASE),
    "trusted text": re.compile(r"\|\s*safe(?:seq)?\b|{%\s*autoescape\s+(?:off|false)|\bMarkup\b"),
    "HTML comment": re.compile(r"<!--"),
    "untranslated default": re.compile(r"\|default(?:_if_none)?:[\"'](?:[A-Z]|[^\"']*\s)"),
}
SAID = ("alt", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "placeholder", "title")
NOT_SAID = {"script", "style", "code", "kbd", "math"}
WORD = re.compile(r"[^\W\d_]{2,}")


class Words(HTMLParser):
    """Collects words that a person would see or hear."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in NOT_SAID
        self.found += [value for name, value in attrs if name in SAID and value and WORD.search(value)]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in NOT_SAID

    def handle_data(self, data: str) -> None:
        if not self.silent and WORD.search(data):
            self.found.append(data.strip())


def untranslated(text: str) -> list[str]:
    return Words(DJANGO.sub("", BLOCKS.sub("", text))).found


def templates() -> list[Path]:
    return [*files(".html", under="templates/"), *files(".html", under="jinja/")]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_has(what):
    found = []
    for path in templates():
        text = BLOCKS.sub(lambda block: "\n" * block[0].count("\n"), text_of(path))
        found += [f"{path}:{line_of(text, match.start())} {match[0]}" for match in FORBIDDEN[what].finditer(text)]
    no(found)


def test_everything_said_goes_through_gettext():
    no([f"{path}: {said}" for path in templates() for said in untranslated(text_of(path))])


@pytest.mark.parametrize("text", ["<p>Hello</p>", '<a title="Hello">{{ x }}</a>', "{% if a %}Hello{% endif %}"])
def test_words_are_seen(text):
    assert untranslated(text)


@pytest.mark.parametrize(
    "text",
    [
        '<p class="big">{% translate "Hello" %} · {{ x }}</p>',
        "{% comment %}Variables{% endcomment %}",
        "<kbd>Ctrl</kbd>",
    ],
)
def test_marked_words_are_no_fault(text):
    assert untranslated(text) == []
