"""What a conversation is called before somebody names it."""

from __future__ import annotations

from traces.ingest.incoming import clean_text
from traces.reading.wording import unmarked

LONGEST = 60  # characters; the list of conversations shows no more in a line
LOOKED_AT = 2_000  # characters of a long paste


def title_of(message: str) -> str:
    """Return the first line that says something, without the marks of markdown, cut between words."""
    line = next((each for each in message[:LOOKED_AT].splitlines() if each.strip()), "")
    words = " ".join(unmarked(clean_text(line)).split())
    if len(words) <= LONGEST:
        return words
    head = words[: LONGEST - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[LONGEST // 2 :] else head) + "…"
