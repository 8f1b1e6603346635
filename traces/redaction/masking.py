"""Masking texts, and everything that has texts in it, by an experiment's rules.

Numbers stay; a text that is JSON stays JSON, to the letter but for what is masked.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from traces.redaction.builtin import KINDS, has_address, has_number
from traces.redaction.custom import replace_pattern
from traces.redaction.rules import Rule

TIME_LIMIT_S = 3.0  # for the rules that managers wrote, in one request
MOST_LEVELS = 16  # of JSON in strings of JSON; what is deeper is masked as a plain text
NAMES_ID = re.compile(r"(?:^|[._/ -])(?:id|ids|uuid)$|[a-z]I[dD]s?$")
JSON_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"')
DATA_URI = re.compile(r"data:[\w.+/-]*;base64,")


class Masker:
    """Masks what belongs to one request, and counts it in `counts`, by the rule's name."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.built_in = [KINDS[kind] for kind in KINDS if any(rule.kind == kind for rule in rules)]
        self.finds_numbers = any(kind.is_number for kind in self.built_in)
        self.finds_addresses = any(not kind.is_number for kind in self.built_in)
        self.custom = [rule for rule in rules if rule.kind == "regex"]
        self.deadline = time.thread_time() + TIME_LIMIT_S
        self.counts: Counter[str] = Counter()  # since whoever uses it last looked
        self.total: Counter[str] = Counter()

    def may_change(self, text: str) -> bool:
        """Whether there may be something to mask: quick, and seldom wrong where only built-in rules are on."""
        if self.custom or "\\u" in text:
            return True
        return (self.finds_addresses and has_address(text)) or (self.finds_numbers and has_number(text))

    def value(self, value: Any, key: str = "") -> Any:
        """Return decoded JSON with its texts masked; `key` is where it stands."""
        if isinstance(value, str):
            return self.text(value, key)
        if isinstance(value, dict):
            return self.members(value)
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        return value

    def members(self, members: dict[str, Any]) -> dict[str, Any]:
        masked: dict[str, Any] = {}
        for key, value in members.items():
            name = self.text(key)
            masked[name if name not in masked else f"{name} {len(masked) + 1}"] = self.value(value, key)
        return masked

    def text(self, text: str, key: str = "", level: int = 0) -> str:
        if len(text) < 3 or not self.may_change(text):
            return text
        if text.lstrip()[:1] in {"{", "[", '"'} and level < MOST_LEVELS and _is_json(text):
            return JSON_STRING.sub(lambda found: self._token(found[0], key, level + 1), text)
        return self._plain(text, key)

    def _token(self, token: str, key: str, level: int) -> str:
        """Mask one string of a JSON text, quotes and escapes included."""
        said = json.loads(token, strict=False)
        masked = self.text(said, key, level)
        return token if masked == said else json.dumps(masked, ensure_ascii=token.isascii())

    def _plain(self, text: str, key: str) -> str:
        for rule in self.custom:
            text, n = replace_pattern(rule.pattern, text, rule.placeholder, self.deadline)
            self._count(rule.placeholder, n)
        numbers = self.finds_numbers and has_number(text) and not DATA_URI.match(text) and not NAMES_ID.search(key)
        for kind in self.built_in:
            if numbers or not kind.is_number:
                text, n = kind.replace(text, kind.placeholder)
                self._count(kind.placeholder, n)
        return text

    def _count(self, placeholder: str, n: int) -> None:
        if n:
            self.counts[placeholder.strip("[]")] += n


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
