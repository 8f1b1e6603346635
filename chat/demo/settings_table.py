"""The guide's tool: look a setting up in the table of README.md."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from chat.demo.documents import Passage, is_table
from chat.demo.passages import words_of

NAME = re.compile(r"\b[A-Z][A-Z]+(?:_[A-Z0-9]+)*\b")
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", re.MULTILINE)
ASKS = frozenset(words_of("setting settings configure configuration environment variable option default"))

Setting = dict[str, str]  # {name, default, meaning}


class SettingsTable:
    def __init__(self, passages: Iterable[Passage]) -> None:
        tables = [block for passage in passages for block in passage.blocks if is_table(block)]
        rows = [row for table in tables for row in ROW.findall(table)]
        self.settings = {name: Setting(name=name, default=default, meaning=meaning) for name, default, meaning in rows}

    def asked_for(self, question: str) -> str:
        """Return the setting that a question is about, as it is written there, or nothing."""
        named: list[str] = [name for name in NAME.findall(question) if name in self.settings or "_" in name]
        if named:
            return named[0]
        words = set(words_of(question))
        return self.nearest(words) if words & ASKS else ""

    def nearest(self, words: set[str]) -> str:
        """Return the setting whose name and meaning share most words with a question; nothing below two."""
        shared = {name: self.shared(name, words - ASKS) for name in self.settings}
        best = max(shared, key=lambda name: shared[name], default="")
        return best if shared.get(best, 0) >= 2 else ""

    def shared(self, name: str, words: set[str]) -> float:
        in_name = words & set(words_of(name.replace("_", " ")))
        return 2 * len(in_name) + len(words & set(words_of(self.settings[name]["meaning"])) - in_name)

    def look_up(self, name: str) -> dict[str, object]:
        """Return {name, default, meaning}, or {error, similar} when there is none of that name."""
        if setting := self.settings.get(name):
            return dict(setting)
        similar = difflib.get_close_matches(name, self.settings, n=3, cutoff=0.4)
        return {"error": f"There is no setting {name}.", "similar": similar}
