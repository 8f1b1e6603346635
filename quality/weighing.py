"""When several people say what is expected of one question: which value holds, and why.

Everybody is heard once, with what they said last. The values are weighed in this order:

    1. who        experts in the session that the dataset is made from, or in any; then others of the team; then end
                  users; then judges and programs: one of a group before all of the next (`ranked`)
    2. how many   in that group the value that most of them say (`most`)
    3. when       of values that as many say, the one said last (`latest`)

Where nobody says anything else it is `only` (one person) or `agreed` (several). A manager may decide otherwise
(`chosen`). What a manager decided or wrote into the dataset holds until somebody says something new.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from traces.models import Json


class Rank(IntEnum):
    """Who is heard before whom."""

    SESSION = 0
    TEAM = 1
    END_USER = 2
    PROGRAM = 3


@dataclass(frozen=True, slots=True)
class Voice:
    """What one assessment says is expected."""

    name: str
    value: Json
    by: str
    at: datetime
    assessment_id: str
    trace_id: str
    rank: Rank = Rank.TEAM
    session_id: str = ""  # of labeling
    source: tuple[str, ...] = ()  # whose it is: of one source the last is heard

    @property
    def place(self) -> tuple[datetime, str]:
        return self.at, self.assessment_id


@dataclass(slots=True)
class Option:
    """A value with all who say it. `current`: it is what the dataset has now, with where that came from."""

    key: str
    voices: list[Voice] = field(default_factory=list)
    current: Json = None
    is_current: bool = False
    origin: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Json:
        return max(self.voices, key=lambda voice: voice.place).value if self.voices else self.current

    @property
    def rank(self) -> Rank:
        return min(voice.rank for voice in self.voices)

    @property
    def n_best(self) -> int:
        """How many of its best group say it."""
        return sum(voice.rank == self.rank for voice in self.voices)

    @property
    def at(self) -> datetime:
        """When it was said last, by the best group."""
        return max(voice.at for voice in self.voices if voice.rank == self.rank)

    @property
    def authors(self) -> list[str]:
        return list(dict.fromkeys(voice.by for voice in self.voices)) or [
            str(each) for each in self.origin.get("by", [])
        ]


@dataclass(slots=True)
class Expected:
    """What is said under one name about one question; the first option is the one that holds, unless one is chosen."""

    name: str
    options: list[Option]
    how: str
    chosen: Option | None = None

    @property
    def is_disputed(self) -> bool:
        return len(self.options) > 1

    @property
    def holds(self) -> Option:
        return self.chosen or self.options[0]

    @property
    def replaces(self) -> Option | None:
        """What stands in the dataset and goes."""
        return next((each for each in self.options if each.is_current and each is not self.holds), None)

    def option(self, key: str) -> Option | None:
        return next((each for each in self.options if each.key == key), None)

    def provenance(self, *, by: str, now: datetime) -> dict[str, Any]:
        """Say where the value that holds comes from, as DatasetRecord keeps it; `by` is who chose it."""
        held = self.holds
        decided = {"how": "chosen", "chosen_by": by, "decided_at": now.isoformat()} if self.chosen else {}
        if not held.voices or (self.how == "decided" and not self.chosen):
            return {**held.origin, **decided}
        return {
            "how": self.how,
            "by": held.authors,
            "at": max(voice.at for voice in held.voices).isoformat(),
            "trace_ids": unique(voice.trace_id for voice in held.voices),
            "assessment_ids": unique(voice.assessment_id for voice in held.voices),
            "session_ids": unique(voice.session_id for voice in held.voices if voice.session_id),
            "n_others": sum(len(each.voices) for each in self.options if each is not held),
            **decided,
        }


def unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def weigh(name: str, voices: Sequence[Voice], *, now: Json = None, origin: dict[str, Any] | None = None) -> Expected:
    """Return what is said under a name, the value that holds first.

    voices  at least one
    now     what the dataset has under this name, with its `origin`; None: nothing
    """
    options: dict[str, Option] = {}
    for voice in heard(voices):
        options.setdefault(comparable(voice.value), Option(voice.assessment_id)).voices.append(voice)
    ranked = sorted(options.values(), key=lambda each: each.at, reverse=True)
    ranked.sort(key=lambda each: (each.rank, -each.n_best))
    expected = Expected(name, ranked, reason(ranked))
    if origin is not None:
        add_current(expected, options, now, origin)
    return expected


def heard(voices: Sequence[Voice]) -> list[Voice]:
    """Return the last voice of each source, in the order in which they spoke."""
    last = {voice.source or (voice.assessment_id,): voice for voice in sorted(voices, key=lambda voice: voice.place)}
    return sorted(last.values(), key=lambda voice: voice.place)


def reason(ranked: Sequence[Option]) -> str:
    first = ranked[0]
    if len(ranked) == 1:
        return "agreed" if len(first.voices) > 1 else "only"
    second = ranked[1]
    if first.rank != second.rank:
        return "ranked"
    return "most" if first.n_best != second.n_best else "latest"


def add_current(expected: Expected, options: dict[str, Option], now: Json, origin: dict[str, Any]) -> None:
    """Put what the dataset has among the options; first, if somebody decided it and nothing new was said since."""
    same = options.get(comparable(now))
    if same is not None:
        same.is_current, same.origin = True, origin
    else:
        same = Option("now", current=now, is_current=True, origin=origin)
        expected.options.append(same)
    last = max(voice.at for option in expected.options for voice in option.voices)
    if (decided_at := origin.get("decided_at")) and last <= datetime.fromisoformat(decided_at):
        expected.options.remove(same)
        expected.options.insert(0, same)
        expected.how = "decided"


def comparable(value: Json) -> str:
    """Return what is the same for values that say the same: spaces, and the order of a list, say nothing."""
    match value:
        case str():
            return json.dumps(" ".join(value.split()))
        case list():
            return json.dumps(sorted(comparable(each) for each in value))
        case bool() | None:
            return json.dumps(value)
        case int() | float():
            return json.dumps(float(value))
        case _:
            return json.dumps(value, sort_keys=True)
