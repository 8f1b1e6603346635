"""Pages of other rooms, which this one knows nothing of, that a trace came from or went to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accounts.models import User
from traces.models import Trace


@dataclass(frozen=True, slots=True)
class Related:
    words: str
    address: str


Rule = Callable[[User, Trace], Iterable[Related]]
RULES: list[Rule] = []


def relates(rule: Rule) -> Rule:
    """Register a rule: it returns the pages about the trace that the person may open."""
    RULES.append(rule)
    return rule


def related_to(trace: Trace, user: User) -> list[Related]:
    return [page for rule in RULES for page in rule(user, trace)]
