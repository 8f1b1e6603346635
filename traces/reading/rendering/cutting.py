"""Long texts, cut where a reader would turn the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

HEAVY_CHARS = 60_000  # a rest that is longer comes when it is asked for
PIECE_CHARS = 20_000  # markdown at once: about 20 ms


@dataclass(frozen=True, slots=True)
class Cut:
    """The beginning of a text, and what is behind "Show all"."""

    head: str
    rest: str = ""

    @property
    def is_heavy(self) -> bool:
        return len(self.rest) > HEAVY_CHARS

    @property
    def start(self) -> int:
        return len(self.head)

    @property
    def digest(self) -> str:
        """The whole text's name, by which the rest is fetched."""
        return digest_of(self.head + self.rest)


def digest_of(text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def cut(text: str, *, at: int) -> Cut:
    """Cut after the last paragraph, line, sentence or word that ends before `at` characters.

    A text that is only a little longer stays whole: nobody should have to open two more lines.
    """
    if len(text) <= at * 1.25:
        return Cut(text)
    end = break_before(text, at)
    return Cut(text[:end], text[end:])


def pieces(text: str, *, size: int = PIECE_CHARS) -> Iterator[str]:
    """Yield the text in pieces of at most `size` characters, each ending at a paragraph where there is one."""
    start = 0
    while len(text) - start > size:
        end = start + break_before(text[start : start + size], size)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def break_before(text: str, limit: int) -> int:
    """Return where to cut before `limit`: before a block of code rather than in it, at a paragraph if one ends late."""
    window = text[:limit]
    opening = window.rfind("\n```") + 1
    if inside_fence(window) and opening >= limit // 3:
        return opening
    for mark in ("\n\n", "\n", ". ", " "):
        end = window.rfind(mark) + len(mark)
        if end >= limit // 2 and not inside_fence(window[:end]):
            return end
    return window.rfind("\n") + 1 or len(window)


def inside_fence(text: str) -> bool:
    fences = text.count("\n```") + text.startswith("```")
    return fences % 2 == 1
