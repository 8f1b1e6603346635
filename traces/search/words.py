"""From a text to the words that are searched for, the same on every database.

Case, accents and vowel marks do not count (Überschwemmung = uberschwemmung, ß = ss); of Chinese,
Japanese and Korean, which put no spaces between words, each character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST_LETTERS = 100  # of one word
LOWER = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
SEPARATORS = re.compile(r"[\W_]+")
MARKS = re.compile(r"[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640\u0591-\u05bd\u05bf-\u05c7]+")
ALONE = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
PARTS = re.compile(r'"([^"]*)"?|([^\s"]+)')


@dataclass(frozen=True)
class Wanted:
    """Words that must stand one behind the other; of the last one only the start, if `is_prefix`."""

    words: tuple[str, ...]
    is_prefix: bool = False


def words_of(text: str) -> list[str]:
    """Return the words of a text, in order."""
    # Most texts are ASCII, for which `translate` is a table in C: this runs for every trace that is stored.
    words = (text if text.isascii() else folded(text)).translate(LOWER).split()
    if max(map(len, words), default=0) > MOST_LETTERS:
        return [word[:MOST_LETTERS] for word in words]
    return words


def folded(text: str) -> str:
    plain = MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return SEPARATORS.sub(" ", ALONE.sub(r" \1 ", unicodedata.normalize("NFC", plain)))


def wanted_in(query: str) -> list[Wanted]:
    """Read what somebody typed: words, "phrases" and starts* of words; all of them are wanted."""
    found = []
    for match in PARTS.finditer(query):
        quoted, bare = match.groups()
        words = words_of(quoted if bare is None else bare)
        is_prefix = bare is not None and bare.endswith("*") and not ALONE.match(words[-1] if words else "")
        if words:
            found.append(Wanted(tuple(words), is_prefix))
    return found
